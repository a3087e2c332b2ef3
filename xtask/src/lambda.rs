//! The Lambda functions, built for release and zipped as Lambda wants them: one executable called `bootstrap` each.
//!
//! For this machine's architecture by its own compiler and linker; for arm64 by rustup's standard library with zig as C
//! compiler and linker, both from `PyPI`. Deliberately absent: uploading anything.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{self, Outcome};
use crate::{prerequisites, workspace, zip};

/// One function each; the program is named like its crate.
pub(crate) const FUNCTIONS: [&str; 5] = ["webhook_receiver", "event_worker", "due_worker", "business_api", "frontend"];
const ARM64: &str = "aarch64-unknown-linux-gnu";
/// The C library of Lambda's `provided.al2023`; a program linked against a later one does not start there.
const GLIBC_MINOR_MAX: u32 = 34;

struct Row {
    name: &'static str,
    program_bytes: usize,
    zip_bytes: usize,
    glibc_minor: u32,
}

pub(crate) fn build(rest: &[&str]) -> Outcome {
    let mut release = false;
    let mut arm64 = false;
    for word in rest {
        match *word {
            "--release" => release = true,
            "--arm64" => arm64 = true,
            _ => {
                return Err(format!("`{word}` means nothing here; see `cargo xtask help`"));
            }
        }
    }
    if !release {
        return Err("only release builds are deployed: cargo xtask build --release".to_owned());
    }
    let programs = if arm64 && std::env::consts::ARCH != "aarch64" { build_by_zig()? } else { build_here()? };
    let zips = workspace::target()?.join("lambda");
    fs::create_dir_all(&zips).map_err(|error| format!("cannot make {}: {error}", zips.display()))?;
    let rows = FUNCTIONS.iter().map(|name| pack(name, &programs, &zips)).collect::<Outcome<Vec<Row>>>()?;
    print_table(&rows, &zips);
    match rows.iter().find(|row| row.glibc_minor > GLIBC_MINOR_MAX) {
        None => Ok(()),
        Some(row) => Err(format!(
            "{} needs glibc 2.{}, later than Lambda's 2.{GLIBC_MINOR_MAX}: build on an older system, or with --arm64",
            row.name, row.glibc_minor
        )),
    }
}

fn build_here() -> Outcome<PathBuf> {
    if std::env::consts::OS != "linux" {
        return Err("Lambda runs Linux; on this system build with --arm64".to_owned());
    }
    prerequisites::c_compiler()?;
    command::run(command::cargo().args(["build", "--release"]).args(selection()))?;
    Ok(workspace::target()?.join("release"))
}

fn build_by_zig() -> Outcome<PathBuf> {
    prerequisites::rustup_target(ARM64).map_err(|reason| {
        format!("the target {ARM64} is missing; install it by: rustup target add {ARM64}\n{reason}")
    })?;
    let zig = prerequisites::python_package("ziglang", "0.17.1")?;
    let zigbuild = prerequisites::python_tool("cargo-zigbuild", "0.24.0")?;
    let mut build = command::cargo();
    build.env("PYTHONPATH", &zig).env("PATH", command::path_with(zigbuild.parent().unwrap_or(&zigbuild))?);
    build.args(["zigbuild", "--release", "--target"]).arg(format!("{ARM64}.2.{GLIBC_MINOR_MAX}")).args(selection());
    command::run(&mut build)?;
    Ok(workspace::target()?.join(ARM64).join("release"))
}

fn selection() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().flat_map(|name| ["--package", *name, "--bin", *name])
}

fn pack(name: &'static str, programs: &Path, zips: &Path) -> Outcome<Row> {
    let path = programs.join(name);
    let program = fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let zipped = zip::of_one_program("bootstrap", &program)?;
    let to = zips.join(format!("{name}.zip"));
    fs::write(&to, &zipped).map_err(|error| format!("cannot write {}: {error}", to.display()))?;
    Ok(Row { name, program_bytes: program.len(), zip_bytes: zipped.len(), glibc_minor: glibc_minor(&program) })
}

/// The latest glibc that a program names among the versions of its symbols, 0 where it names none.
fn glibc_minor(program: &[u8]) -> u32 {
    const MARK: &[u8] = b"GLIBC_2.";
    let marks = program.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    let minors = marks.map(|(at, _)| {
        let digits = program.iter().skip(at + MARK.len()).take_while(|byte| byte.is_ascii_digit()).take(3);
        digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    });
    minors.max().unwrap_or(0)
}

fn print_table(rows: &[Row], zips: &Path) {
    println!("{:<18} {:>10} {:>10} {:>7}", "function", "program", "zip", "glibc");
    for row in rows {
        let glibc = format!("2.{}", row.glibc_minor);
        println!("{:<18} {:>10} {:>10} {glibc:>7}", row.name, megabytes(row.program_bytes), megabytes(row.zip_bytes));
    }
    println!("in {}", zips.display());
}

fn megabytes(bytes: usize) -> String {
    let hundredths = bytes.div_ceil(10_000);
    format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
}
