//! The demo's recordings: a little music for each track, made of sines.

use std::f32::consts::TAU;

/// Length of a recording.
pub(super) const SECONDS: u32 = 24;
/// Samples a second.
const RATE: u32 = 22_050;
const CHORDS: [[i32; 4]; 4] = [[0, 4, 7, 11], [-3, 0, 4, 7], [-7, -3, 0, 4], [-5, -1, 2, 5]];

/// What makes one track unlike another: all from its name.
struct Score {
    /// Frequency of the tonic, in Hz.
    tonic: f32,
    /// Seconds from one note to the next.
    step: f32,
    /// In which order the notes of a chord are played.
    order: [usize; 4],
    minor: bool,
}

impl Score {
    fn of(slug: &str) -> Self {
        let seed = slug.bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let orders = [[0, 1, 2, 3], [0, 2, 1, 3], [3, 1, 2, 0], [0, 3, 2, 1]];
        Self {
            tonic: 110.0 * 2_f32.powf((seed % 8) as f32 / 12.0),
            step: 0.19 + (seed / 8 % 5) as f32 * 0.03,
            order: orders[(seed / 40 % 4) as usize],
            minor: seed / 160 % 2 == 1,
        }
    }

    /// Frequency of a note of a chord, in Hz.
    fn pitch(&self, chord: usize, note: usize) -> f32 {
        let mut semitones = CHORDS[chord % 4][note];
        if self.minor && semitones.rem_euclid(12) == 4 {
            semitones -= 1;
        }
        self.tonic * 2_f32.powf(semitones as f32 / 12.0)
    }
}

/// A recording as a WAV file: mono, 16 bit.
pub(super) fn recording(slug: &str) -> Vec<u8> {
    let samples = samples(&Score::of(slug));
    let bytes = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity(44 + bytes as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    for field in [1_u16, 1] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&(RATE * 2).to_le_bytes());
    for field in [2_u16, 16] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    for sample in samples {
        file.extend_from_slice(&((sample.tanh() * 30_000.0) as i16).to_le_bytes());
    }
    file
}

/// A plucked arpeggio over slow chords, with an echo; fades in and out.
fn samples(score: &Score) -> Vec<f32> {
    let (count, bar) = ((SECONDS * RATE) as usize, score.step * 16.0);
    let mut samples = vec![0.0_f32; count];
    for (at, sample) in samples.iter_mut().enumerate() {
        let time = at as f32 / RATE as f32;
        let chord = (time / bar) as usize;
        for note in 0..4 {
            *sample += 0.05 * (TAU * score.pitch(chord, note) * time).sin();
        }
        // The three notes that may still sound.
        let playing = (time / score.step) as usize;
        for number in playing.saturating_sub(2)..=playing {
            let began = number as f32 * score.step;
            let octave = if number % 8 < 4 { 2.0 } else { 4.0 };
            let frequency = octave * score.pitch((began / bar) as usize, score.order[number % 4]);
            let since = time - began;
            let tone = (TAU * frequency * since).sin() + 0.3 * (2.0 * TAU * frequency * since).sin();
            *sample += 0.22 * (-since * 6.0).exp() * (since * 200.0).min(1.0) * tone;
        }
    }
    let delay = (score.step * 3.0 * RATE as f32) as usize;
    for at in delay..count {
        samples[at] += 0.35 * samples[at - delay];
    }
    let fade = RATE as usize * 2;
    for at in 0..fade {
        let gain = at as f32 / fade as f32;
        samples[at] *= gain.sqrt();
        samples[count - 1 - at] *= gain;
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holders::{RARE_TRACK, TRACKS};

    #[test]
    fn every_track_is_a_sound_of_its_own() {
        let mut recordings: Vec<_> = TRACKS.iter().chain([&RARE_TRACK]).map(|slug| recording(slug)).collect();
        for file in &recordings {
            assert_eq!(file.len(), 44 + (SECONDS * RATE * 2) as usize);
            let samples = file[44..].chunks_exact(2).map(|bytes| f64::from(i16::from_le_bytes([bytes[0], bytes[1]])));
            let loudness = (samples.map(|sample| sample * sample).sum::<f64>() / f64::from(SECONDS * RATE)).sqrt();
            assert!((1_000.0..20_000.0).contains(&loudness), "{loudness}");
        }
        recordings.sort();
        recordings.dedup();
        assert_eq!(recordings.len(), 4);
    }
}
