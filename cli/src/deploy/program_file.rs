//! The program to deploy, as a file: what it is, and where it may go.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};
use solana_address::Address;
use veilpass_artefacts::{Lock, PROGRAMS, Program};
use veilpass_circuit::workspace_root;

use super::Cluster;

/// A program of this workspace.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramName {
    /// Registries, proofs and nullifiers.
    Veilpass,
    /// The example of a program that reads its receipts.
    ExampleGate,
}

/// Addresses whose keys anybody can derive: whoever does owns what is deployed there.
const LOCAL_ONLY: [(&str, Address); 2] = [
    ("veilpass", Address::from_str_const("85LygQCuWeDg7mLnVBoXtNfU3CSkvGiGZYDWRns2Mwrp")),
    ("example-gate", Address::from_str_const("HmbTLCmaGvZhKnn1Zfa1JVnp7vkMV4DYVxPLWBVoN65L")),
];

const REBUILD: &str = "a program's address is compiled into it: put yours into declare_id! of \
    programs/veilpass/src/lib.rs and PROGRAM_ID of programs/veilpass-cpi/src/lib.rs (for the example, into declare_id! of \
    programs/example-gate/src/lib.rs), and run ./veilpass program build";

/// A program file.
pub(super) struct ProgramFile {
    /// Its name here.
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    /// In hex.
    pub(super) sha256: String,
    /// Whether it is the one in `programs/programs.lock`.
    pub(super) locked: bool,
}

impl ProgramName {
    fn program(self) -> anyhow::Result<&'static Program> {
        let name = match self {
            Self::Veilpass => "veilpass",
            Self::ExampleGate => "example-gate",
        };
        PROGRAMS.iter().find(|program| program.name == name).with_context(|| format!("there is no program {name}"))
    }
}

impl ProgramFile {
    /// Reads the committed program, or another file. The committed one must be what was built.
    pub(super) fn read(name: ProgramName, file: Option<&Path>) -> anyhow::Result<Self> {
        let (root, program) = (workspace_root(), name.program()?);
        let path = file.map_or_else(|| root.join(program.so()), Path::to_owned);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let lock = Lock::read(&root)?;
        let locked = lock.programs.get(program.name).is_some_and(|entry| entry.so.sha256 == sha256);
        ensure!(
            locked || file.is_some(),
            "{} is not the file that programs/programs.lock says was built (SHA-256 {sha256}): run ./veilpass program \
             status, or name the file that is meant with --so",
            path.display()
        );
        ensure!(bytes.starts_with(b"\x7fELF"), "{} is no ELF file, so it is no program", path.display());
        veilpass_svm::loads(&bytes).with_context(|| {
            format!("Solana's runtime does not take {}: the chain would not either", path.display())
        })?;
        Ok(Self { name: program.name, path, bytes, sha256, locked })
    }

    /// What is to be known before it goes to this address of that cluster. On a public cluster most of it is refused.
    pub(super) fn admit(&self, address: &Address, cluster: Cluster) -> anyhow::Result<Vec<String>> {
        let mut warnings = Vec::new();
        if LOCAL_ONLY.iter().any(|(_, local)| local == address) {
            warnings.push(format!(
                "{address} is for local chains only: its key is derived from a public text, so that anybody can sign \
                 for it. Take a key of your own (solana-keygen new); {REBUILD}"
            ));
        } else if let Some((name, local)) = LOCAL_ONLY.iter().find(|(_, local)| self.mentions(local)) {
            warnings.push(format!(
                "{} is compiled for local chains only: it names {local}, {name}'s address there, whose key is public. \
                 To be at {address}: {REBUILD}",
                self.path.display()
            ));
        } else if !self.mentions(address) {
            warnings.push(format!(
                "{} is not compiled for {address}, so each of its instructions would fail: {REBUILD}",
                self.path.display()
            ));
        }
        if cluster.is_public()
            && let [reason, ..] = warnings.as_slice()
        {
            bail!("not on {}: {reason}", cluster.name());
        }
        if !self.locked {
            let lock = veilpass_artefacts::LOCK_FILE;
            warnings.push(format!("{} is not the program of {lock}: nobody but you knows it", self.path.display()));
        }
        Ok(warnings)
    }

    /// Whether the address is in the file. Anchor keeps the declared one in one piece; a test holds it to that.
    fn mentions(&self, address: &Address) -> bool {
        self.bytes.windows(32).any(|window| window == address.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(name: ProgramName) -> ProgramFile {
        ProgramFile::read(name, None).unwrap()
    }

    #[test]
    fn the_committed_programs_are_refused_where_others_could_take_them() {
        for (name, own) in [(ProgramName::Veilpass, LOCAL_ONLY[0].1), (ProgramName::ExampleGate, LOCAL_ONLY[1].1)] {
            let file = committed(name);
            assert!(file.locked && file.mentions(&own), "the declared address is in one piece");
            for cluster in [Cluster::Devnet, Cluster::Testnet, Cluster::MainnetBeta] {
                let public_key = file.admit(&own, cluster).unwrap_err().to_string();
                assert!(public_key.contains("derived from a public text"), "{public_key}");
                let another = file.admit(&Address::new_unique(), cluster).unwrap_err().to_string();
                assert!(
                    another.contains("program build") && another.contains("compiled for local chains"),
                    "{another}"
                );
            }
            assert_eq!(file.admit(&own, Cluster::Localnet).unwrap().len(), 1, "there it is only said");
            assert_eq!(file.admit(&Address::new_unique(), Cluster::Localnet).unwrap().len(), 1);
        }
    }

    #[test]
    fn a_program_of_ones_own_address_goes_anywhere() {
        let mut file = committed(ProgramName::Veilpass);
        let own = Address::new_unique();
        let at = file.bytes.windows(32).position(|window| window == LOCAL_ONLY[0].1.as_ref()).unwrap();
        file.bytes[at..at + 32].copy_from_slice(own.as_ref());
        assert_eq!(file.admit(&own, Cluster::MainnetBeta).unwrap(), [""; 0]);
        let other = file.admit(&Address::new_unique(), Cluster::Devnet).unwrap_err().to_string();
        assert!(other.contains("is not compiled for"), "{other}");
        file.locked = false;
        assert_eq!(file.admit(&own, Cluster::MainnetBeta).unwrap().len(), 1, "a program that is not locked is said");
    }

    #[test]
    fn what_is_no_program_is_refused_before_it_costs_anything() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program.so");
        let refused = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            format!("{:#}", ProgramFile::read(ProgramName::Veilpass, Some(&path)).err().unwrap())
        };
        assert!(refused(b"#!/bin/sh").contains("no ELF"));
        let whole = committed(ProgramName::Veilpass).bytes;
        assert!(refused(&whole[..whole.len() / 2]).contains("does not take"));
    }
}
