//! `guichet run` on a laptop: how soon it is ready, and what it takes while nobody asks for anything.

use std::path::Path;
use std::time::Duration;

use crate::Outcome;
use crate::effort::Effort;
use crate::figures::{hundredths, median, size, time};
use crate::table::{Table, Target};
use crate::{programs, running};

const READY_MAX: Duration = Duration::from_secs(1);
const IDLE_BYTES_MAX: u64 = 60_000_000;

pub(crate) fn measure(effort: &Effort, table: &mut Table) -> Outcome {
    let release = programs::guichet(true)?;
    readiness("guichet run", &release, effort, table)?;
    let dev = programs::guichet(false)?;
    readiness("guichet run, as `cargo xtask run` builds it", &dev, effort, table)?;
    idleness(&release, effort, table)
}

fn readiness(what: &str, program: &Path, effort: &Effort, table: &mut Table) -> Outcome {
    let (mut new, mut existing) = (Vec::new(), Vec::new());
    for _ in 0..effort.long_starts() {
        let folder = tempfile::tempdir()?;
        for samples in [&mut new, &mut existing] {
            let ready = running::guichet(program, &folder.path().join("data"))?;
            samples.push(ready.after);
            ready.running.stop()?;
        }
    }
    for (folder, mut samples) in [("a new folder, the demo made", new), ("the same folder again", existing)] {
        let median = median(&mut samples);
        let target = Target::at_most(&median, &READY_MAX, "1 s");
        table.aimed(format!("{what}: ready, {folder}"), time(median), target, "from exec to the line `ready`");
    }
    Ok(())
}

fn idleness(program: &Path, effort: &Effort, table: &mut Table) -> Outcome {
    let folder = tempfile::tempdir()?;
    let ready = running::guichet(program, folder.path())?;
    std::thread::sleep(effort.idle());
    let resident = ready.running.resident_bytes()?;
    let before = ready.running.cpu()?;
    std::thread::sleep(effort.idle());
    let spent = ready.running.cpu()?.saturating_sub(before);
    ready.running.stop()?;
    let wait = format!("VmRSS {} s after `ready`", effort.idle().as_secs());
    table.aimed(
        "guichet run: idle memory",
        size(resident),
        Target::at_most(&resident, &IDLE_BYTES_MAX, "60 MB"),
        &wait,
    );
    let percent = spent.as_millis() * 10_000 / effort.idle().as_millis().max(1);
    let how = format!("of one core, over the next {} s", effort.idle().as_secs());
    table.figure("guichet run: idle CPU", format!("{} %", hundredths(percent)), &how);
    Ok(())
}
