//! Curves as SVG.

use std::path::Path;

use anyhow::anyhow;
use plotters::prelude::*;

use super::{Section, page::number};
use crate::bench::report::Measurement;

/// A plot of some curves.
pub(super) struct Plot {
    /// File name without its ending.
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    x: &'static str,
    y: &'static str,
    /// Names of the lines, and what each is called.
    curves: &'static [(&'static str, &'static str)],
    logarithmic: bool,
    /// Where no curve is.
    legend: SeriesLabelPosition,
}

/// All of them.
pub(super) const PLOTS: [Plot; 4] = [
    Plot {
        file: "latency",
        title: "From request to proof, by load (2 workers)",
        x: "load, % of capacity",
        y: "ms",
        curves: &[("fleet_latency_p50", "p50"), ("fleet_latency_p95", "p95"), ("fleet_latency_p99", "p99")],
        logarithmic: false,
        legend: SeriesLabelPosition::UpperLeft,
    },
    Plot {
        file: "memory",
        title: "Resident memory over proofs",
        x: "proofs",
        y: "MB",
        curves: &[("rss_of_api", "API"), ("rss_of_prover", "prover"), ("rss_of_worker", "a bb worker")],
        logarithmic: false,
        legend: SeriesLabelPosition::MiddleRight,
    },
    Plot {
        file: "tree",
        title: "Building a tree",
        x: "leaves",
        y: "s",
        curves: &[("tree_build", "build")],
        logarithmic: true,
        legend: SeriesLabelPosition::UpperLeft,
    },
    Plot {
        file: "cost",
        title: "A million delegated proofs off chain, by fleet (simulated)",
        x: "workers, a core for each",
        y: "USD",
        curves: &[("cost_busy", "as busy as the promise allows"), ("cost_with_peaks", "peak 20 times the mean")],
        logarithmic: true,
        legend: SeriesLabelPosition::MiddleRight,
    },
];

const SIZE: (u32, u32) = (720, 400);
/// Distinguishable without colours too: they are labelled, and differ in lightness.
const COLOURS: [RGBColor; 3] = [RGBColor(46, 94, 170), RGBColor(200, 96, 50), RGBColor(90, 150, 110)];

/// Draws each plot whose curves were measured into this folder.
pub(super) fn draw(dir: &Path, sections: &[Section]) -> anyhow::Result<()> {
    for plot in &PLOTS {
        let curve = |name: &str| points(sections, name);
        let curves: Vec<_> = plot.curves.iter().map(|(name, label)| (*label, curve(name))).collect();
        if curves.iter().any(|(_, points)| points.is_empty()) {
            continue;
        }
        let path = dir.join(format!("{}.svg", plot.file));
        plot.draw(&path, &curves).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn points(sections: &[Section], name: &str) -> Vec<(f64, f64)> {
    let lines = sections.iter().flat_map(|section| &section.lines).filter(|line| line.name == name);
    lines.filter_map(|line: &Measurement| Some((line.x()?, line.value))).collect()
}

type Curve<'a> = (&'a str, Vec<(f64, f64)>);

impl Plot {
    fn draw(&self, path: &Path, curves: &[Curve<'_>]) -> Result<(), Box<dyn std::error::Error + '_>> {
        let all = || curves.iter().flat_map(|(_, points)| points);
        let most = |of: fn(&(f64, f64)) -> f64| all().map(of).fold(f64::MIN, f64::max);
        let least = |of: fn(&(f64, f64)) -> f64| all().map(of).fold(f64::MAX, f64::min);
        let root = SVGBackend::new(path, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let mut builder = ChartBuilder::on(&root);
        builder
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .margin_right(44)
            .x_label_area_size(40)
            .y_label_area_size(60);
        // The two kinds of axes are of different types; what is drawn on them is the same.
        macro_rules! finish {
            ($x:expr, $y:expr) => {{
                let mut chart = builder.build_cartesian_2d($x, $y)?;
                chart
                    .configure_mesh()
                    .x_desc(self.x)
                    .y_desc(self.y)
                    .x_label_formatter(&|x| number(*x))
                    .y_label_formatter(&|y| number(*y))
                    .light_line_style(WHITE)
                    .draw()?;
                for ((label, points), colour) in curves.iter().zip(COLOURS) {
                    chart
                        .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
                        .label(*label)
                        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
                    if points.len() < 20 {
                        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
                    }
                }
                chart
                    .configure_series_labels()
                    .position(self.legend.clone())
                    .background_style(WHITE)
                    .border_style(BLACK)
                    .draw()?;
            }};
        }
        let (x, y) = (|point: &(f64, f64)| point.0, |point: &(f64, f64)| point.1);
        if self.logarithmic {
            finish!((least(x)..most(x)).log_scale(), (least(y)..most(y)).log_scale());
        } else {
            finish!(0.0..most(x), 0.0..most(y) * 1.1);
        }
        root.present()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_plot_has_its_curves_and_what_was_not_measured_has_none() {
        let line = |x: f64| Measurement {
            name: "tree_build".to_owned(),
            value: x / 1e5,
            unit: "s".to_owned(),
            context: json!({ "x": x }),
        };
        let lines = [1e3, 1e4, 1e5].map(line).into();
        let section = Section { title: "", command: String::new(), lines, took: Duration::ZERO, failure: None };
        let dir = tempfile::tempdir().unwrap();
        draw(dir.path(), &[section]).unwrap();
        let svg = std::fs::read_to_string(dir.path().join("tree.svg")).unwrap();
        assert!(svg.contains("Building a tree") && svg.matches("<circle").count() == 3, "{svg}");
        assert!(!dir.path().join("memory.svg").exists());
    }
}
