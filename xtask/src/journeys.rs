//! The customer's journeys: a real browser against the real program, started for them in an empty folder.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::command::{self, Outcome};
use crate::{prerequisites, workspace};

const START_TIMEOUT: Duration = Duration::from_mins(2);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the journeys, or only those whose name contains `only`; their screenshots go to `pictures`.
pub(crate) fn run(only: Option<&str>, pictures: &Path) -> Outcome {
    let node = prerequisites::browser_packages(prerequisites::Packages::ForJourneys)?;
    let chromium = prerequisites::chromium()?;
    // The same features as for the Rust tests, so that no dependency is built a second time.
    let guichet = crate::build_guichet(&["--workspace", "--all-targets"])?;
    let api_key = new_api_key()?;
    let scratch = workspace::target()?.join("journeys");
    let server = Server::start(&guichet, &scratch, &api_key)?;
    let mut journeys = Command::new(node);
    journeys.current_dir(workspace::browser()).env("GUICHET_API_KEY", &api_key).env("CHROME", chromium);
    journeys.args(["run.mjs", "--base", &server.base, "--out"]).arg(pictures);
    if let Some(only) = only {
        journeys.args(["--only", only]);
    }
    let outcome = command::run(&mut journeys);
    server.stop()?;
    outcome.map_err(|message| format!("{message}; the program's output is in {}", scratch.display()))
}

/// An API key for this run alone.
fn new_api_key() -> Outcome<String> {
    let mut bytes = [0_u8; 16];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| format!("cannot read random bytes: {error}"))?;
    Ok(bytes.iter().fold("gk_".to_owned(), |key, byte| format!("{key}{byte:02x}")))
}

/// The program under test; it is ended when this value is dropped, at the latest.
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
            let errors = fs::read_to_string(scratch.join("stderr.log")).unwrap_or_default();
            format!("guichet printed no address within {} s\n{}", START_TIMEOUT.as_secs(), errors.trim())
        })?;
        Ok(server)
    }

    /// Sends it the signal that a service manager would, and fails if it does not end.
    fn stop(mut self) -> Outcome {
        let id = self.process.id().to_string();
        command::output(Command::new("kill").args(["-TERM", &id]))?;
        let step = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        while waited < STOP_TIMEOUT {
            let ended =
                self.process.try_wait().map_err(|error| format!("cannot tell whether guichet still runs: {error}"))?;
            if ended.is_some() {
                return Ok(());
            }
            std::thread::sleep(step);
            waited += step;
        }
        Err(format!("guichet still ran {} s after it was told to end", STOP_TIMEOUT.as_secs()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes what the program prints to the log, and sends the first address in it. It reads to the end, because a full pipe would
/// stop the program.
fn follow(stdout: ChildStdout, mut log: File, found: &mpsc::Sender<String>) {
    let mut sent = false;
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        // A log that cannot be written must not end the journeys.
        let _ = writeln!(log, "{line}");
        if let Some(base) = address_in(&line).filter(|_| !sent) {
            sent = found.send(base).is_ok();
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
