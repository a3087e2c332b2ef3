//! What is proved of the repository itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

mod imports;

/// The table of allowed arrows, as ARCHITECTURE.md has it. `tests` and `xtask` are not of the product.
const ARROWS: &[(&str, &[&str])] = &[
    ("receivables", &[]),
    ("store", &["receivables", "clock"]),
    ("payment_gateway", &["receivables"]),
    ("mail", &["receivables"]),
    ("operations", &["receivables", "store", "payment_gateway", "mail", "object_storage"]),
    ("object_storage", &[]),
    ("clock", &[]),
    ("function_runtime", &["clock", "receivables", "store", "payment_gateway", "mail", "operations"]),
    ("webhook_receiver", &["clock", "function_runtime", "store", "payment_gateway", "receivables"]),
    ("event_worker", &["function_runtime", "operations", "store", "receivables"]),
    ("due_worker", &["function_runtime", "operations", "store", "receivables"]),
    ("business_api", &["function_runtime", "operations", "store", "receivables"]),
    ("frontend", &["receivables", "store", "operations", "function_runtime"]),
    ("fault_injection", &[]),
    ("local_aws", &["clock", "fault_injection"]),
    ("stripe_sandbox", &["clock", "fault_injection"]),
    (
        "guichet",
        &[
            "receivables",
            "store",
            "payment_gateway",
            "mail",
            "operations",
            "clock",
            "function_runtime",
            "webhook_receiver",
            "event_worker",
            "due_worker",
            "business_api",
            "frontend",
            "local_aws",
            "object_storage",
            "stripe_sandbox",
        ],
    ),
];

/// Rooms that stand outside the product and may look at everything.
const OUTSIDE: &[&str] = &["bench", "fuzz", "integration", "simulation", "testing", "xtask"];

/// Lines of a file, tests excluded.
const FILE_LINES_MAX: usize = 400;

/// The vocabulary of the books that has a stable text form; entities are not among it.
const SERIALISED: &[&str] = &["Currency", "Locale", "EmailAddress", "ObjectId", "Provider"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn metadata() -> Value {
    let cargo = env!("CARGO");
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Each member, and those members that it depends on other than for its tests.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let of = |package: &Value| {
        let needed = package["dependencies"].as_array().unwrap().iter().filter(|needed| needed["kind"] != "dev");
        let ours = needed.map(|needed| needed["name"].as_str().unwrap()).filter(|name| names.contains(name));
        ours.map(str::to_owned).collect()
    };
    packages.iter().map(|package| (package["name"].as_str().unwrap().to_owned(), of(package))).collect()
}

fn rust_files() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["crates", "functions", "frontend", "tests", "xtask"].iter().map(|top| root().join(top)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["target", "node_modules", "out"].contains(&name.as_str()) {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    found
}

#[test]
fn arrows_point_down_and_nowhere_else() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (member, needed) in arrows() {
        if OUTSIDE.contains(&member.as_str()) {
            continue;
        }
        let allowed = allowed.get(member.as_str()).unwrap_or_else(|| panic!("{member} is not in the table of arrows"));
        for other in needed {
            assert!(allowed.contains(&other.as_str()), "{member} -> {other} is not an allowed arrow");
        }
    }
}

/// What plays a service, and the two files of the program that hand the faults of a service on to tests.
const KNOW_FAULTS: &[&str] = &[
    "crates/fault_injection/",
    "crates/guichet/src/background.rs",
    "crates/guichet/src/process.rs",
    "crates/local_aws/",
    "crates/stripe_sandbox/",
    "tests/",
];

#[test]
fn only_tests_switch_faults_on() {
    let handles =
        [".faults()", "table_faults", ".streams()", ".condition()", ".refusal()", "hold_a_call", "lose_undelivered"];
    for (path, text) in rust_files() {
        let path = path.to_string_lossy();
        if !KNOW_FAULTS.iter().any(|known| path.starts_with(known)) {
            let held = handles.iter().find(|handle| text.contains(**handle));
            assert!(held.is_none(), "{path} reaches the faults by {}", held.unwrap());
        }
    }
}

/// Where ARCHITECTURE.md has the picture of the arrows.
const PICTURE: (&str, &str) = ("<!-- arrows begin -->\n", "<!-- arrows end -->");

/// Draws the product's arrows. One that follows from others is left out, so that the picture can be read.
fn picture() -> String {
    let all: BTreeMap<String, BTreeSet<String>> =
        arrows().into_iter().filter(|(member, _)| !OUTSIDE.contains(&member.as_str())).collect();
    let reached = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(member) = open.pop() {
            open.extend(all[&member].iter().filter(|next| seen.insert((*next).clone())).cloned());
        }
        seen
    };
    let mut drawn = "```mermaid\ngraph TD\n".to_owned();
    for (member, needed) in &all {
        for other in needed {
            if !needed.iter().any(|between| between != other && reached(between).contains(other)) {
                writeln!(drawn, "  {member} --> {other}").unwrap();
            }
        }
    }
    drawn + "```\n"
}

#[test]
fn the_picture_of_the_arrows_is_current() {
    let path = root().join("ARCHITECTURE.md");
    let map = fs::read_to_string(&path).unwrap();
    let (before, rest) = map.split_once(PICTURE.0).expect("the mark where the picture begins");
    let (drawn, after) = rest.split_once(PICTURE.1).expect("the mark where the picture ends");
    let picture = picture();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, format!("{before}{}{picture}{}{after}", PICTURE.0, PICTURE.1)).unwrap();
        return;
    }
    assert_eq!(drawn, picture, "run this test with UPDATE_EXPECT=1 to draw it anew");
}

#[test]
fn no_function_needs_another() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let functions: BTreeSet<&str> = packages
        .iter()
        .filter(|package| package["manifest_path"].as_str().unwrap().contains("/functions/"))
        .map(|package| package["name"].as_str().unwrap())
        .chain(["frontend"])
        .collect();
    assert!(functions.len() > 4, "{functions:?}");
    for (member, needed) in arrows() {
        // The program hosts them all, and the benchmarks measure them.
        let hosts = ["guichet"].iter().chain(OUTSIDE).any(|host| *host == member);
        let other = needed.iter().find(|needed| functions.contains(needed.as_str()));
        assert!(hosts || other.is_none(), "{member} needs the function {other:?}");
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let circles = imports::circles(&manifest.parent().unwrap().join("src"));
        assert!(circles.is_empty(), "{}: {circles:?}", package["name"]);
    }
}

#[test]
fn every_room_is_on_the_map_and_its_folder_has_its_name() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        assert_eq!(manifest.parent().unwrap().file_name().unwrap(), name, "the folder's name is the crate's");
        assert!(map.contains(&format!("`{name}`")), "{name} is missing from ARCHITECTURE.md");
        let drawer = ["utils", "common", "helpers", "core", "types", "misc", "shared"];
        assert!(!drawer.contains(&name), "{name} is no subject");
    }
}

#[test]
fn the_books_touch_nothing_outside() {
    let manifest = fs::read_to_string(root().join("crates/receivables/Cargo.toml")).unwrap();
    let needed = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    for line in needed.lines().filter(|line| !line.trim().is_empty()) {
        let name = line.split(['.', ' ', '=']).next().unwrap();
        let allowed =
            ["csv", "icu_normalizer", "icu_properties", "jiff", "rust_decimal", "serde", "sha2", "thiserror", "ulid"];
        assert!(allowed.contains(&name), "receivables needs {name}");
    }
    for (path, text) in rust_files().iter().filter(|(path, _)| path.starts_with("crates/receivables/src")) {
        assert!(!text.contains("async fn"), "{} is asynchronous", path.display());
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.contains("derive(") && line.contains("Serialize") {
                let named =
                    lines.clone().find(|line| line.contains("struct ") || line.contains("enum ")).unwrap_or_default();
                let vocabulary =
                    SERIALISED.iter().any(|name| named.contains(&format!(" {name}"))) || named.contains("$name");
                assert!(vocabulary, "{}: an entity serialises: {named}", path.display());
            }
        }
    }
}

#[test]
fn no_file_is_a_drawer() {
    for (path, text) in rust_files() {
        let of_tests = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().count();
        assert!(of_tests || lines <= FILE_LINES_MAX, "{} has {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_put_off_or_left_out() {
    // Written apart, so that this file does not find itself.
    let marks =
        [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("#[ign", "ore"), concat!("#[al", "low(")];
    for (path, text) in rust_files() {
        for mark in marks {
            assert!(!text.contains(mark), "{} has {mark}", path.display());
        }
    }
}

#[test]
fn only_the_stream_carries_work_from_one_function_to_another() {
    for (path, _) in rust_files() {
        let Some(manifest) = path.parent().map(|folder| root().join(folder).join("../Cargo.toml")) else { continue };
        if let Ok(text) = fs::read_to_string(manifest) {
            assert!(!text.contains("aws-sdk-sqs") && !text.contains("aws-sdk-sns"), "{} has a queue", path.display());
        }
    }
}
