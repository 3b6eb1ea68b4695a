//! The witness of the ownership circuit, solved by acvm.

use std::{collections::BTreeMap, io::Read};

use acvm::{
    AcirField, FieldElement as AcirElement,
    acir::{
        circuit::Program,
        native_types::{Witness as WitnessIndex, WitnessMap, WitnessStack},
    },
    pwg::{ACVM, ACVMStatus, OpcodeResolutionError},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bn254_blackbox_solver::Bn254BlackBoxSolver;
use flate2::read::GzDecoder;
use serde_json::Value;
use veilpass_merkle::MerklePath;
use veilpass_protocol::{FieldElement, IdentitySecret, PublicInputs, TREE_DEPTH, TokenId};
use zeroize::Zeroizing;

/// The parameters of the circuit's `main`, in order: name and number of field elements.
const PARAMETERS: [(&str, usize); 10] = [
    ("registry_id", 1),
    ("merkle_root", 1),
    ("track_id", 1),
    ("epoch", 1),
    ("nullifier", 1),
    ("context", 1),
    ("identity_secret", 1),
    ("token_id", 1),
    ("leaf_index_bits", TREE_DEPTH),
    ("siblings", TREE_DEPTH),
];

/// What the circuit is given.
pub struct OwnershipInputs<'a> {
    /// The public inputs.
    pub public_inputs: PublicInputs,
    /// The listener's secret.
    pub identity_secret: &'a IdentitySecret,
    /// The token.
    pub token_id: TokenId,
    /// Path of the leaf under the root of the public inputs.
    pub path: &'a MerklePath,
}

/// A solved witness in Barretenberg's format, not compressed: `0x03 || msgpack`. Holds the listener's secret: wiped when
/// dropped.
pub struct Witness(Zeroizing<Vec<u8>>);

impl Witness {
    #[cfg(test)]
    pub(crate) fn from_raw(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The witness for `bb`'s warm mode.
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why there is no witness.
#[derive(Debug, thiserror::Error)]
pub enum SolveError {
    /// The inputs do not satisfy the circuit. `bb` would make an invalid proof of them and report success.
    #[error("the inputs do not satisfy the circuit")]
    Unsatisfied,
    /// acvm failed in another way; its message is withheld, since it can name witness values.
    #[error("the circuit could not be executed")]
    Internal,
}

/// The compiled artefact cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the compiled circuit is not usable: {0}")]
pub struct ArtifactError(String);

/// Executes the pinned ownership circuit.
pub struct Solver {
    program: Program<AcirElement>,
    bytecode: Vec<u8>,
}

impl Solver {
    /// Loads the artefact that is compiled in and checks that its parameters are the ones this code fills.
    pub fn new() -> Result<Self, ArtifactError> {
        let fail = |what: &str| ArtifactError(what.to_owned());
        let artifact: Value =
            serde_json::from_slice(veilpass_circuit::ARTIFACT).map_err(|error| ArtifactError(error.to_string()))?;
        let parameters = artifact["abi"]["parameters"].as_array().ok_or_else(|| fail("it has no parameters"))?;
        let found = parameters.iter().map(|p| (p["name"].as_str().unwrap_or_default(), length(&p["type"])));
        if !found.eq(PARAMETERS) {
            return Err(fail("its parameters are not those of this build"));
        }
        let compressed = artifact["bytecode"]
            .as_str()
            .and_then(|text| BASE64_STANDARD.decode(text).ok())
            .ok_or_else(|| fail("its bytecode is not base64"))?;
        let program = Program::deserialize_program(&compressed).map_err(|error| ArtifactError(error.to_string()))?;
        let mut bytecode = Vec::new();
        GzDecoder::new(compressed.as_slice())
            .read_to_end(&mut bytecode)
            .map_err(|error| ArtifactError(error.to_string()))?;
        Ok(Self { program, bytecode })
    }

    /// The circuit for `bb`'s warm mode, not compressed.
    pub fn bytecode(&self) -> &[u8] {
        &self.bytecode
    }

    /// Solves the witness, or says that the inputs do not satisfy the circuit.
    pub fn solve(&self, inputs: &OwnershipInputs<'_>) -> Result<Witness, SolveError> {
        let mut values = Vec::with_capacity(8 + 2 * TREE_DEPTH);
        values.extend(inputs.public_inputs.elements().map(to_acir));
        values.push(AcirElement::from_be_bytes_reduce(inputs.identity_secret.expose_be_bytes().as_slice()));
        values.push(to_acir(inputs.token_id.element()));
        values.extend(inputs.path.index_bits().map(AcirElement::from));
        values.extend(inputs.path.siblings.map(|sibling| to_acir(sibling.element())));
        self.solve_values(values)
    }

    /// Solves for raw parameter values, in ABI order.
    fn solve_values(&self, values: Vec<AcirElement>) -> Result<Witness, SolveError> {
        let initial: BTreeMap<_, _> = (0..).map(WitnessIndex).zip(values).collect();
        let initial = WitnessMap::from(initial);
        let circuit = &self.program.functions[0];
        let backend = Bn254BlackBoxSolver;
        let mut acvm = ACVM::new(
            &backend,
            &circuit.opcodes,
            initial,
            &self.program.unconstrained_functions,
            &circuit.assert_messages,
        );
        match acvm.solve() {
            ACVMStatus::Solved => {}
            ACVMStatus::Failure(
                OpcodeResolutionError::UnsatisfiedConstrain { .. }
                | OpcodeResolutionError::InvalidInputBitSize { .. }
                | OpcodeResolutionError::BrilligFunctionFailed { .. },
            ) => return Err(SolveError::Unsatisfied),
            _ => return Err(SolveError::Internal),
        }
        let stack: WitnessStack<AcirElement> = acvm.finalize().into();
        // The library only writes the compressed form; warm `bb` wants the plain one.
        let compressed = Zeroizing::new(stack.serialize().map_err(|_| SolveError::Internal)?);
        let mut bytes = Zeroizing::new(Vec::with_capacity(256 << 10));
        GzDecoder::new(compressed.as_slice()).read_to_end(&mut bytes).map_err(|_| SolveError::Internal)?;
        Ok(Witness(bytes))
    }
}

fn length(kind: &Value) -> usize {
    match kind["kind"].as_str() {
        Some("field" | "boolean") => 1,
        Some("array") => kind["length"].as_u64().unwrap_or(0) as usize * length(&kind["type"]),
        _ => 0,
    }
}

fn to_acir(element: FieldElement) -> AcirElement {
    AcirElement::from_be_bytes_reduce(&element.to_be_bytes())
}

#[cfg(test)]
pub(crate) mod tests;
