//! `cargo xtask test`: the Rust tests by nextest, the books built for wasm, then the customer's journeys in a browser.
//!
//! nextest is run by `cargo insta`, which fails on a snapshot that no test refers to any more and on one that waits for
//! somebody's review; it learns both from the same run.

use std::path::PathBuf;

use crate::command::{self, Outcome};
use crate::{journeys, prerequisites, workspace};

struct Options {
    rust: bool,
    browser: bool,
    only: Option<String>,
    pictures: PathBuf,
}

pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let options = parse(arguments)?;
    if options.rust {
        rust_tests()?;
        crate::wasm()?;
    }
    if options.browser {
        journeys::run(options.only.as_deref(), &options.pictures)?;
    }
    Ok(())
}

fn parse(arguments: &[&str]) -> Outcome<Options> {
    let mut options = Options { rust: true, browser: true, only: None, pictures: workspace::browser().join("out") };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
        match *word {
            "--unit" => options.browser = false,
            "--browser" => options.rust = false,
            "--only" => {
                options.only = Some((*value()?).to_owned());
                options.rust = false;
            }
            "--out" => {
                options.pictures = std::path::absolute(value()?).map_err(|error| format!("--out: {error}"))?;
            }
            _ => {
                return Err(command::unknown_argument(word));
            }
        }
    }
    // A run of nothing would look like a run in which everything passed.
    if options.rust || options.browser {
        Ok(options)
    } else {
        Err("these arguments leave no test to run; see `cargo xtask help`".to_owned())
    }
}

fn rust_tests() -> Outcome {
    prerequisites::c_compiler()?;
    prerequisites::cargo_tool("cargo-nextest", "0.9.143")?;
    prerequisites::cargo_tool("cargo-insta", "1.49.0")?;
    // The tests of the functions start their programs; those are built here, so that no test waits for a build. With all targets:
    // without the tests, cargo would choose other features for some dependencies and build those a second time.
    command::run(command::cargo().args(["build", "--workspace", "--all-targets"]))?;
    let mut tests = command::cargo();
    tests.env("PATH", command::path_with(&workspace::tools()?.join("bin"))?);
    tests.args(["insta", "test", "--workspace", "--test-runner", "nextest", "--disable-nextest-doctest"]);
    command::run(tests.args(["--check", "--unreferenced", "reject"]))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn arguments_choose_what_is_run() {
        let options = parse(&["--only", "pays"]).unwrap();
        assert!(!options.rust && options.browser);
        assert_eq!(options.only.as_deref(), Some("pays"));
        assert!(parse(&["--unit"]).is_ok_and(|options| options.rust && !options.browser));
        assert!(parse(&["--unit", "--browser"]).is_err(), "nothing would be run");
        assert!(parse(&["--only"]).is_err(), "a value is missing");
        assert!(parse(&["--quick"]).is_err(), "there is no such argument");
    }
}
