//! The books must build for the browser: they are shared with the islands.
//!
//! By rustup's own target where rustup reaches its server; else by Debian's Rust, whose standard library for wasm is built
//! once into its own sysroot. Both end in the same `cargo check`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, Outcome};
use crate::{prerequisites, workspace};

const TRIPLE: &str = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SYSROOT: &str = "/usr/lib/rustlib";

pub(crate) fn check(rest: &[&str]) -> Outcome {
    let by_rustup = match rest {
        [] => prerequisites::rustup_target(TRIPLE),
        ["--debian"] => Err("it was not asked".to_owned()),
        [word, ..] => {
            return Err(format!("`{word}` means nothing here; see `cargo xtask help`"));
        }
    };
    match by_rustup {
        Ok(()) => command::run(command::cargo().args(["check", "--package", "receivables", "--target", TRIPLE])),
        Err(reason) => {
            println!("no {TRIPLE} by rustup ({}); by Debian's Rust instead", reason.lines().last().unwrap_or_default());
            check_by_debian()
        }
    }
}

fn check_by_debian() -> Outcome {
    if !Path::new("/etc/debian_version").is_file() {
        return Err(format!("the target {TRIPLE} is missing; install it by: rustup target add {TRIPLE}"));
    }
    if !DEBIAN_PACKAGES.iter().all(|package| is_installed(package)) {
        prerequisites::apt("Rust for the browser (rustup could not fetch it)", &DEBIAN_PACKAGES)?;
    }
    let scratch = workspace::target()?.join("debian-wasm");
    standard_library(&scratch)?;
    let mut check = debian_cargo()?;
    check.current_dir(workspace::root()).args(["check", "--package", "receivables", "--target", TRIPLE]);
    // Apart from rustup's: two compilers in one folder would rebuild each other's work.
    command::run(check.arg("--target-dir").arg(scratch.join("target")))
}

fn is_installed(package: &str) -> bool {
    command::output(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

/// Debian ships the standard library of wasm as source only: build it once for each version of the compiler.
fn standard_library(scratch: &Path) -> Outcome {
    let libraries = PathBuf::from(DEBIAN_SYSROOT).join(TRIPLE).join("lib");
    let stamp = libraries.join(".guichet-built-for");
    let version = command::output(without_rustup(&mut Command::new(DEBIAN_RUSTC)).arg("--version"))?;
    if fs::read_to_string(&stamp).is_ok_and(|built_for| built_for == version) {
        return Ok(());
    }
    if !prerequisites::is_root() {
        return Err(format!(
            "the standard library for {TRIPLE} must be built into {DEBIAN_SYSROOT}: run this once as root"
        ));
    }
    println!("building the standard library for {TRIPLE} (once, about a minute)");
    let empty = scratch.join("empty");
    write(&empty.join("src").join("lib.rs"), "")?;
    let manifest =
        "[workspace]\n[package]\nname = \"empty\"\nedition = \"2024\"\n[profile.release]\npanic = \"abort\"\n";
    write(&empty.join("Cargo.toml"), manifest)?;
    let mut build = debian_cargo()?;
    // Without the bitcode, link-time optimisation of what uses the library fails.
    build.env("RUSTFLAGS", "-Cembed-bitcode=yes").env("RUSTC_BOOTSTRAP", "1").current_dir(&empty);
    build.args(["build", "--quiet", "--release", "--target", TRIPLE, "-Zbuild-std=std,panic_abort", "--target-dir"]);
    command::run(build.arg(scratch.join("std")))?;
    fs::create_dir_all(&libraries).map_err(|error| format!("cannot make {}: {error}", libraries.display()))?;
    copy_libraries(&scratch.join("std").join(TRIPLE).join("release").join("deps"), &libraries)?;
    write(&stamp, &version)
}

fn copy_libraries(from: &Path, to: &Path) -> Outcome {
    // Two versions of one library side by side are ambiguous to the compiler: what was there before goes.
    for stale in files_ending(to, "rlib")? {
        fs::remove_file(&stale).map_err(|error| format!("cannot remove {}: {error}", stale.display()))?;
    }
    for library in files_ending(from, "rlib")? {
        let Some(name) = library.file_name().filter(|name| !name.to_string_lossy().starts_with("libempty-")) else {
            continue;
        };
        fs::copy(&library, to.join(name)).map_err(|error| format!("cannot copy {}: {error}", library.display()))?;
    }
    Ok(())
}

fn files_ending(folder: &Path, ending: &str) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    Ok(entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == ending))
        .collect())
}

/// Debian's cargo and compiler, with rustup's linker for wasm in PATH (Debian packages none).
fn debian_cargo() -> Outcome<Command> {
    let sysroot = command::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let rustlib = Path::new(&sysroot).join("lib").join("rustlib");
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let linker = rustlib.join(host).join("bin");
    let mut cargo = Command::new(DEBIAN_CARGO);
    without_rustup(&mut cargo).env("RUSTC", DEBIAN_RUSTC).env("PATH", command::path_with(&linker)?);
    Ok(cargo)
}

/// Cargo started us with its own compiler's libraries and names; the other compiler must not see them.
fn without_rustup(command: &mut Command) -> &mut Command {
    for variable in
        ["LD_LIBRARY_PATH", "CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_TARGET_DIR"]
    {
        command.env_remove(variable);
    }
    command
}

fn write(path: &Path, text: &str) -> Outcome {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
