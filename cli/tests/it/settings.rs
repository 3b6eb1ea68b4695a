//! Settings of the real services: the committed file, a file under the environment, what is refused, what is shown.

use std::process::{Command, Output};

use veilpass_circuit::workspace_root;
use veilpass_cli::{generate::default_settings, stack::service_binary};
use veilpass_settings::SERVICES;

#[test]
fn the_committed_settings_file_is_up_to_date() {
    let committed = std::fs::read_to_string(workspace_root().join("config/veilpass.toml")).unwrap();
    assert!(committed == default_settings().unwrap(), "config/veilpass.toml is out of date: run ./veilpass generate");
}

fn run(service: &str, file: &std::path::Path, flags: &[&str]) -> (bool, String) {
    let mut command = Command::new(service_binary(&format!("veilpass-{service}")).unwrap());
    command.env_clear().env("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/x").env("PORT", "4711");
    command.env("VEILPASS_RPC_URL", "http://hunter3.example").env("VEILPASS_RPC_URLS", "http://hunter3.example");
    let Output { status, stdout, stderr } =
        command.arg("--config").arg(file).arg("--print-config").args(flags).output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[test]
fn one_file_serves_all_services_and_no_secret_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("veilpass.toml");
    let text = "[shared]\nlog-format = \"json\"\n[api]\naudiences = [\"https://a.example\"]\nport = 80\nqueue-capacity = 5\n\
                [prover]\nkey-file = \"k\"\nworkers = 3\n[indexer]\npoll-ms = 50\n[relayer]\nworkers = 2\n";
    std::fs::write(&file, text).unwrap();
    for (service, lines) in [
        ("api", &["port = 4711 # PORT", "queue-capacity = 5 # file", "log-format = \"json\" # file"][..]),
        ("prover", &["workers = 3 # file", "lease-seconds = 30 # default", "log-format = \"json\" # file"]),
        ("indexer", &["poll-ms = 50 # file", "# rpc is set, and secret (VEILPASS_RPC_URL)"]),
        ("relayer", &["workers = 2 # file", "# rpc is set, and secret (VEILPASS_RPC_URLS)"]),
    ] {
        let (ok, said) = run(service, &file, &[]);
        assert!(ok, "{service}: {said}");
        for line in lines {
            assert!(said.lines().any(|shown| shown == *line), "{service}: {line} is not in\n{said}");
        }
        assert!(!said.contains("hunter"), "{service} shows a secret");
    }
    let (ok, said) = run("api", &file, &["--queue-capacity", "6"]);
    assert!(ok && said.contains("queue-capacity = 6 # flag"), "{said}");
}

#[test]
fn a_wrong_file_stops_every_service_before_it_starts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("veilpass.toml");
    for service in SERVICES {
        for (text, says) in [
            (format!("[{service}]\nprot = 80\n"), "prot: there is no such setting"),
            (format!("[{service}]\nlog-format = \"xml\"\n"), "xml"),
            (format!("[{service}]\ndatabase-url = \"x\"\n"), "set DATABASE_URL in the environment"),
            ("[serivce]\n".to_owned(), "not a table of a service"),
        ] {
            std::fs::write(&file, text).unwrap();
            let (ok, said) = run(service, &file, &[]);
            assert!(!ok && said.contains(says), "{service}: {said}");
        }
    }
}
