//! The tables of the document are those of the model.

use veilpass_capacity::{fill, run, standard};

#[test]
fn the_document_has_the_models_tables() {
    let document = include_str!("../../../docs/scaling.md");
    let filled = fill(document, &run(&standard(1.0))).unwrap();
    assert!(
        filled == document,
        "docs/scaling.md is not what the model says: \
         ./veilpass bench model --write-tables"
    );
}
