//! The figures in programs/veilpass/README.md are those of the committed program.

use veilpass_circuit::workspace_root;
use veilpass_cli::bench::{
    chain::{TABLE, measure},
    table,
};

#[test]
fn the_table_says_what_the_chain_takes() {
    let measured = measure(3).unwrap();
    let text = std::fs::read_to_string(workspace_root().join(TABLE)).unwrap();
    let differences = table::differences(&text, &measured.figures).unwrap();
    assert!(
        differences.is_empty(),
        "if this is meant, run ./veilpass bench chain --write-table\n{}",
        differences.join("\n")
    );
    let value = |name| measured.figures.iter().find(|figure| figure.name == name).unwrap().value;
    assert_eq!(value("verify_transactions"), 1);
    assert!(value("verify_cu_total") <= 800_000);
}
