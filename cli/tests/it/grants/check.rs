//! The example of docs/examples/check-grant.mjs, against a real API.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::Signer;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use veilpass_circuit::workspace_root;
use veilpass_cli::holders::{AUDIENCE, Holder, session_key};

use super::now;
use crate::stack::TestStack;

const DRIVER: &str = r#"
const { checkGrant } = await import(process.argv[1]);
const cases = JSON.parse(process.argv[2]), outcomes = [];
for (const { token, ...wanted } of cases) {
  outcomes.push(await checkGrant(token, wanted).then((claims) => claims.jti, (error) => error.message));
}
console.log(JSON.stringify(outcomes));
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_takes_good_grants_and_no_others() {
    let source = std::fs::read_to_string(workspace_root().join("docs/examples/check-grant.mjs")).unwrap();
    assert!(source.lines().count() <= 40);
    let stack = TestStack::start_with_grants(None, false, &[]).await;
    // Its grant ends with the session, before Node starts.
    let ends = now() + 12;
    let expired = stack.open_session(2, ends).await;
    let session = stack.open_session(1, now() + 7200).await;
    let (token, jti) = (session.token(), session.grant["jti"].clone());
    let jwks_url = format!("http://{}/.well-known/jwks.json", stack.client.authority());
    let key = stack.client.get("/.well-known/jwks.json").await.unwrap().body["keys"][1].clone();

    let parts: Vec<&str> = token.split('.').collect();
    let decoded = |part: &str| serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let header = |alg: &str, typ: &str, kid: &Value| encode(&json!({ "alg": alg, "typ": typ, "kid": kid }));
    let kid = &key["kid"];
    let mut claims = decoded(parts[1]);
    claims["exp"] = json!(now() + 86_400);
    let tampered = format!("{}.{}.{}", parts[0], encode(&claims), parts[2]);
    let unsigned = format!("{}.{}.", header("none", "veilpass-grant+jwt", kid), encode(&claims));
    let hmac = |signed: String| {
        // The classic: the public key as the secret of a symmetric algorithm.
        let public = BASE64_URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(&public).unwrap().chain_update(&signed).finalize().into_bytes();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac))
    };
    let symmetric = hmac(format!("{}.{}", header("HS256", "veilpass-grant+jwt", kid), encode(&claims)));
    let confused = hmac(format!("{}.{}", parts[0], encode(&claims)));
    let stranger = header("EdDSA", "veilpass-grant+jwt", &json!("nobody"));

    let of = |holder: u64, token: &str| {
        json!({ "token": token, "jwksUrl": jwks_url, "issuer": AUDIENCE, "audience": AUDIENCE,
                "trackId": Holder::new(holder).track_id })
    };
    let with = |name: &str, value: Value| {
        let mut case = of(1, token);
        case[name] = value;
        case
    };
    let proof = |by: u64| {
        let signature = session_key(by).sign(b"a message of the server's choice").to_bytes();
        json!({ "message": "a message of the server's choice", "signature": BASE64_URL_SAFE_NO_PAD.encode(signature) })
    };
    let (foreign, unsigned_by_us) = ("for somebody or something else", "not signed by Veilpass");
    let cases = [
        (of(1, token), jti.as_str().unwrap()),
        (with("proof", proof(1)), jti.as_str().unwrap()),
        (with("proof", proof(2)), "stolen"),
        (with("audience", json!("https://other.example")), foreign),
        (with("issuer", json!("https://other.example")), foreign),
        (with("trackId", json!(Holder::new(2).track_id)), foreign),
        (of(2, expired.token()), "expired, or not good yet"),
        (of(1, &tampered), unsigned_by_us),
        (of(1, &confused), unsigned_by_us),
        (of(1, &format!("{stranger}.{}.{}", parts[1], parts[2])), unsigned_by_us),
        (of(1, &unsigned), "another kind of token"),
        (of(1, &symmetric), "another kind of token"),
        (of(1, &format!("{}.{}.{}", header("EdDSA", "JWT", kid), parts[1], parts[2])), "another kind of token"),
        (of(1, &format!("{token}.")), "not a token"),
    ];
    while now() <= ends {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let input = json!(cases.iter().map(|(case, _)| case).collect::<Vec<_>>()).to_string();
    let file = workspace_root().join("docs/examples/check-grant.mjs");
    let mut command = tokio::process::Command::new("node");
    command.args(["--input-type=module", "-e", DRIVER]).arg(file).arg(input);
    let output = command.output().await.unwrap();
    let outcomes: Vec<String> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let expected: Vec<&str> = cases.iter().map(|(_, expected)| *expected).collect();
    assert_eq!(outcomes, expected);
}
