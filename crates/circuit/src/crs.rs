//! Finds BN254's structured reference string (CRS), which proving needs.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{paths::workspace_root, pin};

/// Points that `bb` loads for the ownership circuit: one for each of the 2^12 rows that it is padded to, and one more. What a device
/// downloads is shorter ([`crate::DEVICE_CRS_BYTES`]): Barretenberg commits to the rows that have gates, and asks for no more if it is
/// given the points rather than a folder.
pub const OWNERSHIP_CRS_POINTS: u64 = match u64::from_str_radix(pin("OWNERSHIP_CRS_POINTS"), 10) {
    Ok(points) => points,
    Err(_) => panic!("OWNERSHIP_CRS_POINTS is a number"),
};
const _: () = assert!(OWNERSHIP_CRS_POINTS == (1 << 12) + 1, "OWNERSHIP_CRS_POINTS of pins.env is not this circuit's");

const POINT_BYTES: u64 = 64;

/// A folder with `bn254_g1.dat`: points of 64 bytes (x || y, big-endian), beginning with (1, 2).
#[derive(Debug, Clone)]
pub struct Crs {
    dir: PathBuf,
    points: Option<u64>,
}

/// The folder (of `CRS_PATH`) is no good.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} holds no bn254_g1.dat with at least {OWNERSHIP_CRS_POINTS} points; unset CRS_PATH to let bb fetch its own",
    dir.display()
)]
pub struct CrsError {
    dir: PathBuf,
}

impl Crs {
    /// `CRS_PATH`, else `~/.bb-crs`, else `../shared/crs` beside the project, else `~/.bb-crs` again, into which `bb`
    /// will download ([`Self::is_present`] is then false).
    pub fn locate() -> Result<Self, CrsError> {
        if let Some(dir) = env::var_os("CRS_PATH").filter(|value| !value.is_empty()).map(PathBuf::from) {
            return Self::at(dir);
        }
        let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_else(env::temp_dir).join(".bb-crs");
        for dir in [home.clone(), workspace_root().join("../shared/crs")] {
            if let Some(points) = points_in(&dir) {
                return Ok(Self { dir, points: Some(points) });
            }
        }
        // bb downloads into a folder that is there, and refuses one that is not. If it cannot be made, bb says so.
        let _ = std::fs::create_dir_all(&home);
        Ok(Self { dir: home, points: None })
    }

    /// The reference string of one folder.
    pub fn at(dir: PathBuf) -> Result<Self, CrsError> {
        let points = points_in(&dir);
        if points.is_some() { Ok(Self { dir, points }) } else { Err(CrsError { dir }) }
    }

    /// The folder: the value of `CRS_PATH` for `bb`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the points are there already; if not, `bb` downloads them at its first proof.
    pub fn is_present(&self) -> bool {
        self.points.is_some()
    }

    /// Number of points in the file, if it is there.
    pub fn points(&self) -> Option<u64> {
        self.points
    }
}

fn points_in(dir: &Path) -> Option<u64> {
    let points = std::fs::metadata(dir.join("bn254_g1.dat")).ok()?.len() / POINT_BYTES;
    (points >= OWNERSHIP_CRS_POINTS).then_some(points)
}
