//! What this machine must have, found or installed.
//!
//! Rust and Python tools of a pinned version go under `target/tools`; system packages come from apt where we are root on
//! Debian or Ubuntu. Otherwise the error is one sentence with the command to type.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, Outcome};
use crate::workspace;

const NODE_MAJOR_MIN: u32 = 20;

/// SQLite and the TLS library are written in C: without a compiler the build would fail only after some minutes.
pub(crate) fn c_compiler() -> Outcome {
    if std::env::var_os("CC").is_some() || command::find(&["cc", "gcc", "clang", "cl"]).is_some() {
        return Ok(());
    }
    let remedies = [
        ("apt-get", "sudo apt-get install -y build-essential"),
        ("dnf", "sudo dnf install -y gcc"),
        ("pacman", "sudo pacman -S --noconfirm gcc"),
        ("apk", "sudo apk add build-base"),
        ("xcode-select", "xcode-select --install"),
    ];
    let remedy = remedies.iter().find(|(manager, _)| command::find(&[manager]).is_some());
    let remedy = remedy.map_or("install gcc or clang", |(_, line)| line);
    Err(format!("a C compiler (`cc`) is missing; SQLite and the TLS library need one. Install it with: {remedy}"))
}

/// A cargo subcommand or program of crates.io: the one in PATH, else our own build of it.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Outcome<PathBuf> {
    let tools = workspace::tools()?;
    let ours = tools.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if ours.is_file() {
        return Ok(ours);
    }
    if let Some(found) = command::find(&[name]) {
        return Ok(found);
    }
    println!("{name} is not installed; building {name} {version} into {} (once)", tools.display());
    // Without optimisation: it builds in a third of the time and is quick enough.
    let mut install = command::cargo();
    install.args(["install", name, "--version", version, "--locked", "--debug", "--quiet", "--root"]).arg(&tools);
    command::run(&mut install)?;
    Ok(ours)
}

/// A program that `PyPI` carries as a ready binary.
pub(crate) fn python_tool(name: &str, version: &str) -> Outcome<PathBuf> {
    let folder = python_package(name, version)?;
    Ok(folder.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// A package of `PyPI`, alone in a folder of its own: no virtual environment, which Debian ships apart from Python.
pub(crate) fn python_package(name: &str, version: &str) -> Outcome<PathBuf> {
    let folder = workspace::tools()?.join("python").join(format!("{name}-{version}"));
    let complete = folder.join(".complete");
    if complete.is_file() {
        return Ok(folder);
    }
    let python = python()?;
    println!("installing {name} {version} from PyPI into {}", folder.display());
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action",
        "ignore",
        "--upgrade",
    ]);
    command::run(install.arg("--target").arg(&folder).arg(format!("{name}=={version}")))?;
    fs::write(&complete, "").map_err(|error| format!("cannot write {}: {error}", complete.display()))?;
    Ok(folder)
}

/// A Python that has pip.
fn python() -> Outcome<PathBuf> {
    let usable = || {
        let python = command::find(&["python3", "python"])?;
        command::output(Command::new(&python).args(["-m", "pip", "--version"])).ok().map(|_| python)
    };
    if let Some(python) = usable() {
        return Ok(python);
    }
    apt("Python 3 with pip", &["python3", "python3-pip"])?;
    usable().ok_or_else(|| "python3 with pip is still missing after its installation".to_owned())
}

/// Which of the packages in `tests/browser/package.json` are wanted.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Packages {
    ForJourneys,
    AlsoForBenchmarks,
}

/// Node, with exactly the packages of the lock file. Gives Node's program.
pub(crate) fn browser_packages(packages: Packages) -> Outcome<PathBuf> {
    let (node, npm) = node()?;
    let folder = workspace::browser();
    let lock = fs::read_to_string(folder.join("package-lock.json"))
        .map_err(|error| format!("cannot read package-lock.json: {error}"))?;
    let omit = if packages == Packages::ForJourneys { "--omit=dev" } else { "--include=dev" };
    let wanted = format!("{omit}\n{lock}");
    let everything = format!("--include=dev\n{lock}");
    let stamp = folder.join("node_modules").join(".guichet-installed");
    let installed = fs::read_to_string(&stamp).unwrap_or_default();
    if installed != wanted && installed != everything {
        command::run(
            Command::new(npm).args(["ci", omit, "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder),
        )?;
        fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    }
    Ok(node)
}

fn node() -> Outcome<(PathBuf, PathBuf)> {
    if command::find(&["node"]).is_none() || command::find(&["npm"]).is_none() {
        apt("Node", &["nodejs", "npm"])?;
    }
    let remedy = format!("install Node {NODE_MAJOR_MIN} or later with npm (https://nodejs.org/)");
    let (Some(node), Some(npm)) = (command::find(&["node"]), command::find(&["npm"])) else {
        return Err(format!("the browser journeys need Node; {remedy}"));
    };
    let version = command::output(Command::new(&node).arg("--version"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR_MIN) {
        return Err(format!("Node {version} is too old for the browser journeys; {remedy}"));
    }
    Ok((node, npm))
}

/// A Chromium or Chrome; `CHROME` names another.
pub(crate) fn chromium() -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os("CHROME").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(format!("CHROME is {}, but there is no such file", named.display()))
        };
    }
    if let Some(found) = installed_chromium() {
        return Ok(found);
    }
    apt("Chromium", &["chromium", "fonts-dejavu-core"])?;
    installed_chromium()
        .ok_or_else(|| "Chromium is still missing after its installation; set CHROME to a Chrome's path".to_owned())
}

fn installed_chromium() -> Option<PathBuf> {
    let elsewhere = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    command::find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
        .or_else(|| Some(PathBuf::from(elsewhere)).filter(|path| path.is_file()))
}

/// Installs system packages as root on Debian or Ubuntu; elsewhere the error says what to type.
fn apt(what: &str, packages: &[&str]) -> Outcome {
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if command::find(&["apt-get"]).is_none() {
        return Err(format!("{what} is missing; install it with your system's package manager (Debian: {line})"));
    }
    if !is_root() {
        return Err(format!("{what} is missing; install it with: sudo {line}"));
    }
    println!("{what} is missing; {line}");
    let apt_get = || {
        let mut apt_get = Command::new("apt-get");
        apt_get.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2");
        apt_get
    };
    // A stale list of packages names files that are gone, so it is fetched first.
    command::output(apt_get().arg("update"))?;
    command::output(apt_get().args(["install", "-y", "--no-install-recommends"]).args(packages)).map(|_| ())
}

fn is_root() -> bool {
    command::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// Makes sure that the Rust in use has the standard library for a target.
///
/// There is no `rust-toolchain.toml` that lists the targets instead, because every form of it makes rustup download another
/// toolchain on a machine whose Rust is new enough: one with a `channel` fetches that channel wherever another is installed; one
/// without installs a missing target by updating the whole toolchain to the latest release (rustup 1.29). This adds the target
/// and nothing else.
pub(crate) fn rustup_target(triple: &str) -> Outcome {
    let sysroot = command::output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(workspace::root()))?;
    if Path::new(&sysroot).join("lib").join("rustlib").join(triple).join("lib").is_dir() {
        return Ok(());
    }
    let line = format!("rustup target add {triple}");
    if command::find(&["rustup"]).is_none() {
        return Err(format!(
            "this Rust has no standard library for {triple} and rustup is missing; install Rust from https://rustup.rs, then type: \
             {line}"
        ));
    }
    println!("the standard library for {triple} is missing; {line}");
    command::output(Command::new("rustup").args(["target", "add", triple]).current_dir(workspace::root()))
        .map(|_| ())
        .map_err(|reason| format!("the standard library for {triple} is missing; install it with: {line}\n{reason}"))
}
