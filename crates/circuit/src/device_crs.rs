//! The part of the reference string that a device downloads to prove by itself.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{Crs, CrsError, pin};

/// SHA-256 of the device's reference string, lowercase hexadecimal.
pub const DEVICE_CRS_SHA256: &str = pin("DEVICE_CRS_SHA256");
/// Its length: points of 64 bytes (x || y, big-endian), beginning with (1, 2), then 128 bytes of G2.
pub const DEVICE_CRS_BYTES: usize = POINTS * 64 + G2.len();

const POINTS: usize = match usize::from_str_radix(pin("DEVICE_CRS_POINTS"), 10) {
    Ok(points) => points,
    Err(_) => panic!("DEVICE_CRS_POINTS is a number"),
};

/// The secret's multiple of G2's generator (x0 || x1 || y0 || y1 of x = x0 + x1 i and y likewise, each
/// big-endian; EIP-197 has the other order): `bb` has it compiled in, and needs no file of it.
const G2: [u8; 128] = *include_bytes!("bn254_g2.dat");

/// There is no reference string for devices here.
#[derive(Debug, thiserror::Error)]
pub enum DeviceCrsError {
    /// The folder of `CRS_PATH` is no good.
    #[error(transparent)]
    Folder(#[from] CrsError),
    /// Nothing has downloaded it yet.
    #[error("no reference string is on this machine: set CRS_PATH to a folder with bn254_g1.dat, or let bb fetch one")]
    Absent,
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is another ceremony's, or damaged.
    #[error("{} does not begin with the pinned reference string", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
    },
}

impl Crs {
    /// What a device needs of it: [`DEVICE_CRS_BYTES`] bytes that hash to [`DEVICE_CRS_SHA256`].
    ///
    /// # Errors
    /// If `CRS_PATH` names no such folder, or what is there is not the pinned string.
    pub fn for_devices() -> Result<Vec<u8>, DeviceCrsError> {
        let crs = Self::locate()?;
        if !crs.is_present() {
            return Err(DeviceCrsError::Absent);
        }
        read(&crs.dir().join("bn254_g1.dat"))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, DeviceCrsError> {
    let mut bytes = vec![0; POINTS * 64];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|source| DeviceCrsError::Io { path: path.to_owned(), source })?;
    bytes.extend_from_slice(&G2);
    if hex::encode(Sha256::digest(&bytes)) == DEVICE_CRS_SHA256 {
        Ok(bytes)
    } else {
        Err(DeviceCrsError::Mismatch { path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where there is none (a machine on which bb has not fetched it yet), that is what it says.
    #[test]
    fn what_devices_get_is_the_pinned_string_or_nothing() {
        match Crs::for_devices() {
            Ok(bytes) => {
                assert_eq!(bytes.len(), DEVICE_CRS_BYTES);
                assert_eq!((bytes[31], bytes[63]), (1, 2), "the first point is the generator");
            }
            Err(error) => assert!(matches!(error, DeviceCrsError::Absent), "{error}"),
        }
    }

    #[test]
    fn another_string_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bn254_g1.dat");
        assert!(matches!(read(&path), Err(DeviceCrsError::Io { .. })));
        std::fs::write(&path, vec![7; POINTS * 64]).unwrap();
        assert!(matches!(read(&path), Err(DeviceCrsError::Mismatch { .. })));
        std::fs::write(&path, vec![7; 64]).unwrap();
        assert!(matches!(read(&path), Err(DeviceCrsError::Io { .. })), "too short");
    }
}
