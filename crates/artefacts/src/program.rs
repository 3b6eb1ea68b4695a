//! Which programs there are.

use std::path::PathBuf;

/// An on-chain program of this workspace.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Its folder under `programs`, and its name in the lock.
    pub name: &'static str,
    /// Its cargo package.
    pub package: &'static str,
    /// What its artefacts are called, without their endings.
    pub file: &'static str,
}

/// Every on-chain program.
pub const PROGRAMS: [Program; 2] = [
    Program { name: "veilpass", package: "veilpass-program", file: "veilpass" },
    Program { name: "example-gate", package: "veilpass-example-gate", file: "example_gate" },
];

impl Program {
    /// The package's folder, from the workspace's.
    pub fn dir(&self) -> PathBuf {
        PathBuf::from("programs").join(self.name)
    }

    /// The built program, from the workspace's folder.
    pub fn so(&self) -> PathBuf {
        self.dir().join(self.file).with_extension("so")
    }

    /// The IDL, from the workspace's folder. Anchor's `declare_program!` looks for a folder `idls` upwards.
    pub fn idl(&self) -> PathBuf {
        PathBuf::from("idls").join(self.file).with_extension("json")
    }
}
