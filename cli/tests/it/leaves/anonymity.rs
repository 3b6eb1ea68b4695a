//! Among how many a listener hides.

use veilpass_cli::{
    client::{Client, Settle},
    holders::Holder,
    publish::publish,
};

use crate::{queue::request, stack::TestStack};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_track_that_too_few_hold_is_told_or_refused() {
    let mut stack = TestStack::start().await;
    let track = Holder::new(1).track_id;
    let path = format!("/v1/registries/{}/tracks/{track}/anonymity", stack.registry);
    let set = stack.client.get(&path).await.unwrap().body;
    let holders = (0..12).filter(|number| Holder::new(*number).track_id == track).count() as u64;
    assert!(holders < 20, "the default floor");
    assert_eq!((&set["track_id"], &set["holders"]), (&track.to_string().into(), &holders.into()), "{set}");
    assert_eq!((&set["floor"], &set["is_below_floor"], &set["root_seq"]), (&20.into(), &true.into(), &1.into()));

    // Warned, and served.
    let proof = stack.prove(1).await;
    let verification = Client::verification_request(&proof, &stack.session(1), Settle::OffChain);
    let queued = stack.client.post("/v1/proofs", &request(&stack, 1)).await.unwrap();
    assert_eq!((queued.status.as_u16(), &queued.body["anonymity"]["is_below_floor"]), (202, &true.into()));
    assert_eq!(queued.body["anonymity"]["holders"], holders);

    // It counts what the root has, not what the next one will.
    let place = (0..12).find(|number| *number != 1 && Holder::new(*number).track_id == track).unwrap();
    stack.store.revoke(stack.registry, place as u32).await.unwrap();
    assert_eq!(stack.client.get(&path).await.unwrap().body["holders"], holders);
    publish(&stack.store, stack.registry).await.unwrap();
    let set = stack.client.get(&path).await.unwrap().body;
    assert_eq!((&set["holders"], &set["root_seq"]), (&(holders - 1).into(), &2.into()));

    let floor = holders.to_string();
    stack.replace_api(&["--anonymity-policy", "refuse", "--anonymity-floor", &floor]).await;
    let refused = stack.client.post("/v1/proofs", &request(&stack, 1)).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.problem()), (422, "anonymity-set-too-small"), "{}", refused.body);
    assert_eq!(refused.field(), "track_id");
    let floor = (holders - 1).to_string();
    stack.replace_api(&["--anonymity-policy", "refuse", "--anonymity-floor", &floor]).await;
    let proof = stack.prove(1).await;
    let accepted = Client::verification_request(&proof, &stack.session(1), Settle::OffChain);
    stack.replace_api(&["--anonymity-policy", "refuse", "--anonymity-floor", "1000"]).await;
    let refused = stack.client.post("/v1/verifications", &accepted).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.problem()), (422, "anonymity-set-too-small"), "{}", refused.body);
    assert_eq!(stack.rows().await.1, 0, "its nullifier is not spent");
    stack.replace_api(&[]).await;
    let answer = stack.client.post("/v1/verifications", &verification).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.problem()), (422, "stale-root"), "from before the revocation");
    let answer = stack.client.post("/v1/verifications", &accepted).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body["anonymity"]["is_below_floor"]), (201, &true.into()));

    for (path, status) in [
        (format!("/v1/registries/{}/tracks/0x{:064x}/anonymity", stack.registry, 1), 404),
        (format!("/v1/registries/{}/tracks/nonsense/anonymity", stack.registry), 400),
    ] {
        assert_eq!(stack.client.get(&path).await.unwrap().status.as_u16(), status, "{path}");
    }
}
