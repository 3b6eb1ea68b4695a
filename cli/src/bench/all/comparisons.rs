//! Others beside ours, from the same run.

use std::fmt::Write;

use super::page::number;

/// What is compared, in which unit, and who has how much of it by which line.
struct Comparison {
    what: &'static str,
    unit: &'static str,
    of: &'static [(&'static str, &'static str)],
}

const OURS: &str = "**Veilpass**";

const COMPARISONS: [Comparison; 5] = [
    Comparison {
        what: "A membership proof at depth 32, processor time of one core, p50",
        unit: "ms",
        of: &[
            (OURS, "proof_warm_p50_ms"),
            ("one bb process for each proof", "proof_cli_p50_ms"),
            ("bb.js (wasm) in Node", "proof_wasm_p50_ms"),
            ("Semaphore v4 in Node", "semaphore_v4_prove_cpu_p50_ms"),
        ],
    },
    Comparison {
        what: "The same as a listener waits for it, on two cores, p50",
        unit: "ms",
        of: &[
            ("**Veilpass**, by a prover, from request to proof, four at once", "fleet_p50_ms_w2"),
            ("**Veilpass**, on the device, Chromium", "device_proof_p50_ms"),
            ("Semaphore v4 in Node", "semaphore_v4_prove_p50_ms"),
        ],
    },
    Comparison {
        what: "Memory of what proves, peak",
        unit: "MB",
        of: &[
            (OURS, "worker_peak_mb"),
            ("one bb process for each proof", "cli_peak_rss_mb"),
            ("bb.js (wasm) in Node", "wasm_rss_peak_mb"),
            ("Semaphore v4 in Node", "semaphore_v4_rss_peak_mb"),
        ],
    },
    Comparison {
        what: "Proofs a minute on two cores",
        unit: "",
        of: &[
            ("**Veilpass**, through the API", "fleet_proofs_per_minute_w2"),
            ("one bb process for each proof, two at once, without a service", "cli_proofs_per_minute_w2"),
        ],
    },
    Comparison {
        what: "Verification on Solana",
        unit: "CU",
        of: &[
            ("**Veilpass**: UltraHonk, no set-up of its own", "verify_cu_total"),
            ("groth16-solana: Groth16, a set-up for each circuit", "groth16_solana_verify_cu"),
        ],
    },
];

/// Writes the section. `value` knows what was measured.
pub(super) fn write(text: &mut String, value: &dyn Fn(&str) -> Option<f64>) {
    *text += "\n## Others, in the same run\n\n\
              What each is, and what is not the same: tools/peers/README.md.\n\n\
              | what | who | measured | of ours |\n|---|---|---:|---:|\n";
    for Comparison { what, unit, of } in &COMPARISONS {
        let ours = of.first().and_then(|(_, line)| value(line));
        for (number_of, (who, line)) in of.iter().enumerate() {
            let measured = value(line);
            let what = if number_of == 0 { what } else { "" };
            let amount =
                measured.map_or_else(|| "not measured".to_owned(), |value| format!("{} {unit}", number(value)));
            let ratio = match (measured, ours) {
                (Some(measured), Some(ours)) if number_of > 0 && ours > 0.0 => format!("{:.2} x", measured / ours),
                _ => String::new(),
            };
            let _ = writeln!(text, "| {what} | {who} | {} | {ratio} |", amount.trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_a_multiple_of_ours_and_what_is_missing_says_so() {
        let mut text = String::new();
        write(&mut text, &|line| match line {
            "proof_warm_p50_ms" => Some(100.0),
            "proof_cli_p50_ms" => Some(250.0),
            _ => None,
        });
        assert!(text.contains("| one bb process for each proof | 250 ms | 2.50 x |"), "{text}");
        assert!(text.contains("| Semaphore v4 in Node | not measured |  |"), "{text}");
    }
}
