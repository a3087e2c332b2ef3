//! A running `guichet`, and what the system says of a process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Outcome;

/// How long it has to be ready, and again to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that is ended when it is dropped.
pub(crate) struct Running {
    child: Child,
}

/// What `guichet run` said of itself.
pub(crate) struct Ready {
    pub(crate) running: Running,
    /// From the start of the process to the line `ready`.
    pub(crate) after: Duration,
    /// Where it is reached.
    pub(crate) origin: String,
    /// The demo's pay link.
    pub(crate) pay_link: String,
}

/// Runs `guichet` over a folder until it is ready.
pub(crate) fn guichet(program: &Path, data: &Path) -> Outcome<Ready> {
    let mut command = Command::new(program);
    command.args(["run", "--addr", "127.0.0.1:0", "--data"]).arg(data).stdin(Stdio::null()).stdout(Stdio::piped());
    let began = Instant::now();
    let mut running = Running::start(&mut command)?;
    let output = running.child.stdout.take().ok_or("it has no output")?;
    let (mut origin, mut pay_link) = (String::new(), String::new());
    // A process that ends closes its output, and so this ends too.
    for line in BufReader::new(output).lines() {
        let line = line?;
        match line.split_once(char::is_whitespace) {
            Some(("portal", rest)) => rest.trim().trim_end_matches('/').clone_into(&mut origin),
            Some(("pay", rest)) => rest.trim_start_matches("link").trim().clone_into(&mut pay_link),
            Some(_) | None => {}
        }
        if line.starts_with("ready") {
            return Ok(Ready { running, after: began.elapsed(), origin, pay_link });
        }
    }
    Err("guichet ended before it was ready".into())
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        Ok(Self { child: command.spawn()? })
    }

    /// The memory that it has in use.
    pub(crate) fn resident_bytes(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the process is over")?;
        let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1_024)
    }

    /// The processor's time that all its threads have had.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let mut nanoseconds = 0_u64;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // Time on a processor, time waiting for one, and how often.
            let told = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanoseconds += told.split_whitespace().next().ok_or("it tells no time")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(mut self) -> Outcome {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > PATIENCE {
                return Err("it does not end".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Where it has ended by itself there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
