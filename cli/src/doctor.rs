//! `veilpass doctor`: what this machine has, lacks, or has in the wrong version.

use std::process::{Command, ExitCode};

use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};
use sha2::{Digest, Sha256};
use veilpass_circuit::{BB_VERSION, Bb, Crs, NOIR_VERSION, OWNERSHIP_CRS_POINTS, pin};

use crate::{
    circuits,
    stack::{default_data_dir, find_postgres_bin_dir, find_redis_server, server_user_note, service_binary},
};

enum Finding {
    Ok(String),
    /// Only some commands need it, and `./veilpass` installs it then.
    Later(String),
    Wrong(String),
}

/// Prints a table; fails if something that `demo` needs is missing or mismatched.
pub fn run() -> anyhow::Result<ExitCode> {
    let findings = [
        ("rustc", version_of("rustc", "install Rust with rustup")),
        ("node", version_of("node", "needed to install bb and to compile circuits: apt-get install nodejs npm")),
        ("Postgres", postgres()),
        ("Redis", redis()),
        ("bb", bb()),
        ("CRS", crs()),
        ("API", binary("veilpass-api")),
        ("prover", binary("veilpass-prover")),
        ("Noir compiler", noir()),
        ("cargo-nextest", tool("cargo-nextest")),
        ("cargo-deny", tool("cargo-deny")),
        ("SBF tools", sbf_tools()),
        ("data folder", Finding::Ok(default_data_dir().display().to_string())),
    ];
    let mut table = Table::new();
    table.load_preset(UTF8_BORDERS_ONLY).set_header(["", "", "what was found"]);
    let mut wrong = 0;
    for (name, finding) in findings {
        let (mark, text) = match finding {
            Finding::Ok(text) => ("ok", text),
            Finding::Later(text) => ("later", text),
            Finding::Wrong(text) => {
                wrong += 1;
                ("WRONG", text)
            }
        };
        table.add_row([name, mark, &text]);
    }
    println!("{table}");
    if wrong == 0 {
        println!("Everything that ./veilpass demo needs is here.");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("{wrong} to mend.");
        Ok(ExitCode::FAILURE)
    }
}

fn sbf_tools() -> Finding {
    match veilpass_artefacts::tools() {
        Ok(tools) => Finding::Ok(tools),
        Err(_) => Finding::Later("only ./veilpass program build needs them, and says what to install".to_owned()),
    }
}

fn version_of(program: &str, hint: &str) -> Finding {
    match Command::new(program).arg("--version").output() {
        Ok(output) if output.status.success() => Finding::Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        _ => Finding::Wrong(format!("not found: {hint}")),
    }
}

fn postgres() -> Finding {
    match find_postgres_bin_dir() {
        Some(dir) => Finding::Ok(format!("{}; {}", dir.display(), server_user_note())),
        None => Finding::Wrong("not found: apt-get install postgresql, or give --database-url to demo".to_owned()),
    }
}

fn redis() -> Finding {
    let Some(binary) = find_redis_server() else {
        return Finding::Later(
            "./veilpass demo, test and bench api install it (apt-get install redis-server)".to_owned(),
        );
    };
    match Command::new(&binary).arg("--version").output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let version = text.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or("unknown version");
            Finding::Ok(format!("{version} at {}", binary.display()))
        }
        _ => Finding::Wrong(format!("{} does not run", binary.display())),
    }
}

fn bb() -> Finding {
    let bb = match Bb::locate(None) {
        Ok(bb) => bb,
        Err(error) => return Finding::Wrong(error.to_string()),
    };
    let path = bb.path().display();
    let Some(pinned) = pinned_sha256() else { return Finding::Ok(format!("{BB_VERSION} at {path}")) };
    match std::fs::read(bb.path()) {
        Ok(bytes) if hex::encode(Sha256::digest(&bytes)) == pinned => {
            Finding::Ok(format!("{BB_VERSION} at {path}, SHA-256 as pinned"))
        }
        Ok(_) => Finding::Ok(format!("{BB_VERSION} at {path}; its SHA-256 is not the pinned one (your own build?)")),
        Err(error) => Finding::Wrong(format!("{path}: {error}")),
    }
}

/// The pinned SHA-256 of bb for this platform.
fn pinned_sha256() -> Option<&'static str> {
    let key = match (std::env::consts::ARCH, std::env::consts::OS) {
        ("x86_64", "linux") => "BB_SHA256_amd64_linux",
        ("aarch64", "linux") => "BB_SHA256_arm64_linux",
        ("x86_64", "macos") => "BB_SHA256_amd64_macos",
        ("aarch64", "macos") => "BB_SHA256_arm64_macos",
        _ => return None,
    };
    Some(pin(key))
}

fn crs() -> Finding {
    match Crs::locate() {
        Ok(crs) => match crs.points() {
            Some(points) => Finding::Ok(format!("{} ({points} points)", crs.dir().display())),
            None => Finding::Later(format!(
                "none yet: bb downloads its own to {} at the first proof; without a network set CRS_PATH to a folder with \
                 bn254_g1.dat of {OWNERSHIP_CRS_POINTS} points or more",
                crs.dir().display()
            )),
        },
        Err(error) => Finding::Wrong(error.to_string()),
    }
}

fn binary(name: &str) -> Finding {
    match service_binary(name) {
        Ok(path) => Finding::Ok(path.display().to_string()),
        Err(error) => Finding::Wrong(error.to_string()),
    }
}

fn noir() -> Finding {
    if circuits::compiler_dir().join("node_modules").is_dir() {
        Finding::Ok(format!("{NOIR_VERSION} (noir_wasm)"))
    } else {
        Finding::Later(format!("{NOIR_VERSION} is installed by ./veilpass circuits build or test"))
    }
}

fn tool(name: &str) -> Finding {
    match Command::new(name).arg("--version").output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            Finding::Ok(text.lines().next().unwrap_or_default().to_owned())
        }
        Err(_) => Finding::Later("./veilpass test installs it".to_owned()),
    }
}
