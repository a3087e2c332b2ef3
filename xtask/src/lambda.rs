//! The Lambda functions, built for release and zipped as Lambda wants them: one executable called `bootstrap` each.
//!
//! For this machine's architecture by its own compiler and linker; for arm64 by rustup's standard library with zig as C
//! compiler and linker, both from `PyPI`. `cargo lambda` (1.9.2, tried) does both in one command and is not used: it compiles for
//! a processor of its own choice and into another folder, so that what is deployed would not be the program that is tested and
//! measured; it writes the time of the build into its zips, so that the same program makes other bytes each time; and its package
//! brings zig, 400 MB, even where it is not needed. Deliberately absent: uploading anything.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use crate::command::{self, Outcome};
use crate::{prerequisites, workspace};

/// One function each; the program is named like its crate.
const FUNCTIONS: [&str; 5] = ["webhook_receiver", "event_worker", "due_worker", "business_api", "frontend"];
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
                return Err(command::unknown_argument(word));
            }
        }
    }
    if !release {
        return Err("only release builds can be deployed; type: cargo xtask build --release".to_owned());
    }
    let programs = if arm64 && std::env::consts::ARCH != "aarch64" { build_by_zig()? } else { build_here()? };
    let zips = workspace::target()?.join("lambda");
    fs::create_dir_all(&zips).map_err(|error| format!("cannot make {}: {error}", zips.display()))?;
    let rows = FUNCTIONS.iter().map(|name| pack(name, &programs, &zips)).collect::<Outcome<Vec<Row>>>()?;
    print_table(&rows, &zips);
    match rows.iter().find(|row| row.glibc_minor > GLIBC_MINOR_MAX) {
        None => Ok(()),
        Some(row) => Err(format!(
            "{} needs glibc 2.{}, which is later than Lambda's 2.{GLIBC_MINOR_MAX}: build on an older system, or with --arm64",
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
    prerequisites::rustup_target(ARM64)?;
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
    let zipped = zip_program(&program).map_err(|error| format!("cannot zip {}: {error}", path.display()))?;
    let to = zips.join(format!("{name}.zip"));
    fs::write(&to, &zipped).map_err(|error| format!("cannot write {}: {error}", to.display()))?;
    Ok(Row { name, program_bytes: program.len(), zip_bytes: zipped.len(), glibc_minor: glibc_minor(&program) })
}

/// A zip that holds the program as the executable `bootstrap`: the same bytes for the same program, whenever it was built.
fn zip_program(program: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        // The earliest that a zip can say. The default is the time of day as soon as anybody turns on the crate's feature `time`.
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("bootstrap", options)?;
    archive.write_all(program)?;
    Ok(archive.finish()?.into_inner())
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

#[cfg(test)]
mod tests {
    use super::zip_program;

    #[test]
    fn the_same_program_makes_the_same_zip_of_one_executable() {
        let program = b"a program".repeat(1000);
        let zipped = zip_program(&program).unwrap();
        assert_eq!(zipped, zip_program(&program).unwrap());
        assert!(zipped.len() < program.len(), "it is compressed");

        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zipped)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(entry.last_modified().map(|at| at.to_string()).as_deref(), Some("1980-01-01 00:00:00"));
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        assert_eq!(content, program);
    }
}
