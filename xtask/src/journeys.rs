//! `cargo xtask test`: the Rust tests by nextest, the books built for wasm, then a real browser against the real program.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::command::{self, Outcome};
use crate::{lambda, prerequisites, snapshots, wasm, workspace};

const NEXTEST_VERSION: &str = "0.9.143";
const START_TIMEOUT: Duration = Duration::from_mins(2);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

struct Choice {
    unit: bool,
    browser: bool,
    only: Option<String>,
    out: PathBuf,
}

pub(crate) fn test(rest: &[&str]) -> Outcome {
    let choice = choose(rest)?;
    if choice.unit {
        unit()?;
        wasm::check(&[])?;
    }
    if choice.browser {
        browser(&choice)?;
    }
    Ok(())
}

fn choose(rest: &[&str]) -> Outcome<Choice> {
    let mut choice = Choice { unit: true, browser: true, only: None, out: workspace::browser().join("out") };
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` wants a value"));
        match *word {
            "--unit" => choice.browser = false,
            "--browser" => choice.unit = false,
            "--only" => {
                choice.only = Some((*value()?).to_owned());
                choice.unit = false;
            }
            "--out" => {
                choice.out = std::path::absolute(value()?).map_err(|error| format!("--out: {error}"))?;
            }
            _ => {
                return Err(format!("`{word}` means nothing here; see `cargo xtask help`"));
            }
        }
    }
    // A run of nothing would look like a run of everything.
    if choice.unit || choice.browser {
        Ok(choice)
    } else {
        Err("these leave nothing to run; see `cargo xtask help`".to_owned())
    }
}

fn unit() -> Outcome {
    prerequisites::c_compiler()?;
    let nextest = prerequisites::cargo_tool("cargo-nextest", NEXTEST_VERSION)?;
    // The tests of the functions need their binaries; built here, no test waits for another's build.
    let functions = lambda::FUNCTIONS.iter().flat_map(|name| ["--bin", *name]);
    command::run(command::cargo().args(["build", "--workspace"]).args(functions))?;
    let references = snapshots::references_file()?;
    fs::write(&references, "").map_err(|error| format!("cannot write {}: {error}", references.display()))?;
    let mut run = command::cargo();
    run.env("PATH", command::path_with(nextest.parent().unwrap_or(&nextest))?);
    run.env(snapshots::REFERENCES_VARIABLE, &references);
    command::run(run.args(["nextest", "run", "--workspace"]))
}

fn browser(choice: &Choice) -> Outcome {
    let node = prerequisites::browser_packages(prerequisites::Packages::ForJourneys)?;
    let chromium = prerequisites::chromium()?;
    // The whole workspace decides the features, as for the Rust tests: the dependencies are not built a second time.
    let guichet = crate::build_guichet(&["--workspace"])?;
    let api_key = new_api_key()?;
    let scratch = workspace::target()?.join("journeys");
    let server = Server::start(&guichet, &scratch, &api_key)?;
    let mut journeys = Command::new(node);
    journeys.current_dir(workspace::browser()).env("GUICHET_API_KEY", &api_key).env("CHROME", chromium);
    journeys.args(["run.mjs", "--base", &server.base, "--out"]).arg(&choice.out);
    if let Some(only) = &choice.only {
        journeys.args(["--only", only]);
    }
    let outcome = command::run(&mut journeys);
    server.stop()?;
    outcome.map_err(|message| format!("{message}; the server's own words are in {}", scratch.display()))
}

/// The business's key for this run alone.
fn new_api_key() -> Outcome<String> {
    let mut bytes = [0_u8; 16];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| format!("no random bytes: {error}"))?;
    Ok(bytes.iter().fold("gk_".to_owned(), |key, byte| format!("{key}{byte:02x}")))
}

/// The program under test, in an empty folder of its own; it ends with this value at the latest.
struct Server {
    process: Child,
    base: String,
}

impl Server {
    fn start(guichet: &Path, scratch: &Path, api_key: &str) -> Outcome<Server> {
        let failed = |error: std::io::Error| format!("cannot prepare {}: {error}", scratch.display());
        if scratch.exists() {
            fs::remove_dir_all(scratch).map_err(failed)?;
        }
        fs::create_dir_all(scratch).map_err(failed)?;
        let errors = File::create(scratch.join("stderr.log")).map_err(failed)?;
        let log = File::create(scratch.join("stdout.log")).map_err(failed)?;
        let mut command = Command::new(guichet);
        command
            .args(["run", "--ephemeral", "--addr", "127.0.0.1:0"])
            .current_dir(scratch)
            .env("GUICHET_API_KEY", api_key);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let process = command.spawn().map_err(|error| format!("{} did not start: {error}", guichet.display()))?;
        let mut server = Server { process, base: String::new() };
        let (sender, receiver) = mpsc::channel();
        if let Some(stdout) = server.process.stdout.take() {
            std::thread::spawn(move || follow(stdout, log, &sender));
        }
        server.base = receiver.recv_timeout(START_TIMEOUT).map_err(|_| {
            let words = fs::read_to_string(scratch.join("stderr.log")).unwrap_or_default();
            format!("guichet printed no address within {} s\n{}", START_TIMEOUT.as_secs(), words.trim())
        })?;
        Ok(server)
    }

    /// Asks it to end, as a service manager would, and insists that it does.
    fn stop(mut self) -> Outcome {
        let id = self.process.id().to_string();
        command::output(Command::new("kill").args(["-TERM", &id]))?;
        let step = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        while waited < STOP_TIMEOUT {
            let ended = self.process.try_wait().map_err(|error| format!("guichet is lost: {error}"))?;
            if ended.is_some() {
                return Ok(());
            }
            std::thread::sleep(step);
            waited += step;
        }
        Err(format!("guichet did not end within {} s of being asked to", STOP_TIMEOUT.as_secs()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Keeps what the program prints, and passes on the first address in it. Reading goes on to the end: a full pipe would stop it.
fn follow(stdout: ChildStdout, mut log: File, found: &mpsc::Sender<String>) {
    let mut told = false;
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        // A log that cannot be written must not end the journeys.
        let _ = writeln!(log, "{line}");
        if let Some(base) = address_in(&line).filter(|_| !told) {
            told = found.send(base).is_ok();
        }
    }
}

fn address_in(line: &str) -> Option<String> {
    const ORIGIN: &str = "http://127.0.0.1:";
    let (_, after) = line.split_once(ORIGIN)?;
    let port: String = after.chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty() && port != "0").then(|| format!("{ORIGIN}{port}"))
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn the_address_is_found_in_what_guichet_prints() {
        assert_eq!(address_in("portal   http://127.0.0.1:43123/").as_deref(), Some("http://127.0.0.1:43123"));
        assert_eq!(address_in("listening on http://127.0.0.1:0"), None);
        assert_eq!(address_in("portal"), None);
    }
}
