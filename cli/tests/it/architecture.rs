//! The dependency rule: arrows only run down the floors, and the API links nothing that could prove.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;
use veilpass_circuit::workspace_root;

/// The floor of each package, from the ground up. A package may depend on lower floors only.
const FLOORS: [(&str, u32); 27] = [
    ("veilpass-protocol", 0),
    ("veilpass-merkle", 1),
    ("veilpass-circuit", 1),
    ("veilpass-sealing", 1),
    ("veilpass-ultrahonk", 1),
    ("veilpass-cpi", 1),
    ("veilpass-fault-proxy", 1),
    ("veilpass-leafset", 1),
    ("veilpass-capacity", 1),
    ("veilpass-settings", 1),
    ("veilpass-siws", 1),
    ("veilpass-artefacts", 2),
    ("veilpass-chain", 2),
    ("veilpass-fuzz-targets", 3),
    ("veilpass-program", 2),
    ("veilpass-example-gate", 2),
    ("veilpass-store", 2),
    ("veilpass-verifier", 2),
    ("veilpass-telemetry", 2),
    ("veilpass-client", 2),
    ("veilpass-shared-state", 3),
    ("veilpass-api", 4),
    ("veilpass-prover", 4),
    ("veilpass-indexer", 4),
    ("veilpass-relayer", 4),
    ("veilpass-svm", 5),
    ("veilpass-cli", 6),
];

/// What the API must never link: whatever solves, proves, or opens a witness.
const NEVER_IN_THE_API: [&str; 7] =
    ["acvm", "acir", "bn254_blackbox_solver", "barretenberg-rs", "hpke", "veilpass-sealing", "veilpass-prover"];

fn metadata() -> Value {
    // Only this platform's packages: those of others were never downloaded.
    let version = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(workspace_root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Package id to its name and its ordinary (not dev, not build) dependencies.
fn graph(metadata: &Value) -> BTreeMap<&str, (&str, Vec<&str>)> {
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let normal =
        |dependency: &Value| dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| {
            let id = node["id"].as_str().unwrap();
            let dependencies = node["deps"].as_array().unwrap().iter().filter(|dependency| normal(dependency));
            (id, (names[id], dependencies.map(|dependency| dependency["pkg"].as_str().unwrap()).collect()))
        })
        .collect()
}

#[test]
fn arrows_run_down_the_floors() {
    let metadata = metadata();
    let graph = graph(&metadata);
    let floors = BTreeMap::from(FLOORS);
    let members: BTreeSet<&str> =
        metadata["workspace_members"].as_array().unwrap().iter().map(|id| graph[id.as_str().unwrap()].0).collect();
    assert_eq!(members, floors.keys().copied().collect(), "every package has a floor");
    let mut arrows = 0;
    for (name, dependencies) in graph.values() {
        let Some(floor) = floors.get(name) else { continue };
        for dependency in dependencies {
            let dependency = graph[dependency].0;
            if let Some(lower) = floors.get(dependency) {
                arrows += 1;
                assert!(lower < floor, "{name} (floor {floor}) depends on {dependency} (floor {lower})");
            }
        }
    }
    assert!(arrows > 10, "the graph was read");
}

#[test]
fn the_api_cannot_prove() {
    let metadata = metadata();
    let graph = graph(&metadata);
    let reach = |root: &str| {
        let mut open: Vec<&str> = graph.iter().filter(|(_, (name, _))| *name == root).map(|(id, _)| *id).collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(graph[id].0) {
                open.extend(&graph[id].1);
            }
        }
        seen
    };
    let api = reach("veilpass-api");
    assert!(api.contains("axum") && api.contains("veilpass-store"));
    for forbidden in NEVER_IN_THE_API {
        assert!(!api.contains(forbidden), "the API links {forbidden}");
        assert!(reach("veilpass-cli").contains(forbidden), "{forbidden} is misspelt");
    }
}
