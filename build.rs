//! Checks the rule files of `rules/` and packs them into one file that the library embeds.
//!
//! A rule that can't be read, or whose regex has no required literal, fails the build with file, line and caret.

use std::path::Path;
use std::{env, fs};

#[allow(dead_code, reason = "the build uses only the reading half of these modules")]
mod rules {
    #[path = "../src/rules/frequency.rs"]
    pub mod frequency;
    #[path = "../src/rules/literal.rs"]
    pub mod literal;
    #[path = "../src/rules/read.rs"]
    pub mod read;
    #[path = "../src/rules/schema.rs"]
    pub mod schema;
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=samples/healthy");
    println!("cargo::rerun-if-changed=build.rs");
    let mut healthy = Vec::new();
    add_logs(Path::new("samples/healthy"), &mut healthy)?;
    add_harmless(Path::new("rules"), &mut healthy);
    let mut known = rules::frequency::Frequencies::default();
    for text in &healthy {
        known.add(text);
    }
    let mut packed = Vec::new();
    let mut wrong = 0;
    for path in rules::read::rule_files(Path::new("rules"))? {
        match rules::read::read(&path, &known) {
            Ok(rule) => packed.push(rule),
            Err(error) => {
                wrong += 1;
                for line in error.to_string().lines() {
                    println!("cargo::error={line}");
                }
            }
        }
    }
    if wrong > 0 {
        return Err(format!("{wrong} rule files are wrong").into());
    }
    packed.sort_by(|one, other| one.rule.id.cmp(&other.rule.id));
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("grams.bin"), rules::frequency::slot_counts(&healthy))?;
    let examples: Vec<_> = packed.iter_mut().map(rules::read::take_examples).collect();
    let mut prose = Vec::new();
    for one in &mut packed {
        serde_json::to_writer(&mut prose, &rules::read::take_prose(&mut one.rule))?;
        prose.push(b'\n');
    }
    fs::write(Path::new(&out).join("prose.json"), prose)?;
    // Packed, it costs no memory once it was read.
    let rules = zstd::encode_all(serde_json::to_vec(&packed)?.as_slice(), 19)?;
    fs::write(Path::new(&out).join("rules.json.zst"), rules)?;
    fs::write(Path::new(&out).join("examples.json"), serde_json::to_vec(&examples)?)?;
    Ok(())
}

/// Harmless messages fill logs in the field far more than those of a lab, so each counts as many.
fn add_harmless(folder: &Path, texts: &mut Vec<Vec<u8>>) {
    const TIMES: usize = 40;
    let known = rules::frequency::Frequencies::default();
    // What can't be read is reported when it is read for good.
    let readable =
        rules::read::rule_files(folder).into_iter().flatten().filter_map(|path| rules::read::read(&path, &known).ok());
    for one in readable.filter(|one| one.rule.role == rules::schema::Role::Benign) {
        texts.extend(one.rule.examples.iter().map(|example| format!("{}\n", example.log).repeat(TIMES).into_bytes()));
    }
}

/// Ordinary logs tell which literals are rare.
fn add_logs(folder: &Path, texts: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add_logs(&path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "log") {
            texts.push(fs::read(&path)?);
        }
    }
    Ok(())
}
