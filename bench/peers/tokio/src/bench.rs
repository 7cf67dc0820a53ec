//! How a program is measured: run whole, as often as fills a sample, and printed as a line of JSON.

use std::fmt::Debug;
use std::fs;
use std::future::Future;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::task::JoinHandle;

const SAMPLE_TIME: Duration = Duration::from_millis(20);
const LONG_RUN_TIME: Duration = Duration::from_millis(500);

/// What went wrong, or nothing.
pub type Outcome = Result<(), String>;

/// Fails unless a program's answer is the right one.
pub fn check<T: PartialEq + Debug>(what: &str, got: T, wanted: T) -> Outcome {
    if got == wanted {
        return Ok(());
    }
    Err(format!("{what}: {got:?}, should be {wanted:?}"))
}

/// Sends a message, at once when there is room: that costs less than a future that finds some.
/// A message to an actor that has ended is lost.
#[inline]
pub async fn send<T>(to: &Sender<T>, message: T) {
    if let Err(TrySendError::Full(message)) = to.try_send(message) {
        let _ = to.send(message).await;
    }
}

/// Takes the next message, at once when there is one: for mailboxes that often have some. Else it is
/// cheaper to wait right away.
#[inline]
pub async fn receive<T>(mailbox: &mut Receiver<T>) -> Option<T> {
    match mailbox.try_recv() {
        Ok(message) => Some(message),
        Err(_) => mailbox.recv().await,
    }
}

/// Waits for an actor to end, and gives what it reports.
pub async fn end_of<T>(actor: JoinHandle<T>) -> T {
    actor.await.expect("an actor was stopped")
}

/// Waits for all actors to end, and gives their reports in their order.
pub async fn ends_of<T>(actors: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut reports = Vec::with_capacity(actors.len());
    for actor in actors {
        reports.push(end_of(actor).await);
    }
    reports
}

/// One line of the answer, of a program whose run does so many operations.
pub struct Row {
    pub name: &'static str,
    pub variant: &'static str,
    pub operations: usize,
}

pub struct Bench {
    samples: usize,
    scale: f64,
    runtime: Runtime,
}

impl Bench {
    pub fn new(samples: usize, scale: f64, loops: usize) -> Self {
        Self { samples, scale, runtime: new_runtime(loops) }
    }

    /// An amount marked with a star, as large as was asked for.
    pub fn scaled(&self, amount: usize) -> usize {
        ((amount as f64 * self.scale).round() as usize).max(1)
    }

    /// Runs a program once, as a task: one that waits in block_on alone would run beside the workers.
    pub fn play<Play>(&self, play: Play) -> Play::Output
    where
        Play: Future + Send + 'static,
        Play::Output: Send,
    {
        self.runtime.block_on(async { end_of(tokio::spawn(play)).await })
    }

    /// Measures the runs that a function makes, and prints the row.
    pub fn measure<Play>(&self, row: Row, run: impl Fn() -> Play) -> Outcome
    where
        Play: Future<Output = Outcome> + Send + 'static,
    {
        self.measure_runs(row, || self.play(run()))
    }

    /// The same for runs that are not one task of this runtime.
    pub fn measure_runs(&self, row: Row, run: impl Fn() -> Outcome) -> Outcome {
        let (runs, each) = runs_in_sample(&run)?;
        let samples = if each > LONG_RUN_TIME { 1 } else { self.samples };
        let cpu = cpu_seconds();
        let mut values = Vec::with_capacity(samples);
        for _ in 0..samples {
            let elapsed = run_times(&run, runs)?;
            values.push(elapsed.as_nanos() as f64 / (runs * row.operations) as f64);
        }
        row.print("ns", values, runs * samples * row.operations, cpu_seconds() - cpu);
        Ok(())
    }
}

/// Actors on one thread run on the thread that waits for them: that is Tokio's fastest runtime.
fn new_runtime(loops: usize) -> Runtime {
    let mut builder = match loops {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(loops).build().expect("no runtime")
}

fn run_times(run: impl Fn() -> Outcome, times: usize) -> Result<Duration, String> {
    let start = Instant::now();
    for _ in 0..times {
        run()?;
    }
    Ok(start.elapsed())
}

/// How many runs fill a sample, and how long one takes. Runs that many, or more, to find out.
fn runs_in_sample(run: impl Fn() -> Outcome) -> Result<(usize, Duration), String> {
    let mut runs = 1;
    loop {
        let elapsed = run_times(&run, runs)?;
        if elapsed >= SAMPLE_TIME {
            let each = elapsed / runs as u32;
            return Ok((SAMPLE_TIME.as_nanos() as usize / each.as_nanos() as usize + 1, each));
        }
        runs *= 2;
    }
}

impl Row {
    pub fn print(&self, unit: &str, mut values: Vec<f64>, operations: usize, cpu: f64) {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        println!(
            "{{\"name\": \"{}\", \"variant\": \"{}\", \"unit\": \"{}\", \"median\": {:.2}, \
             \"low\": {:.2}, \"high\": {:.2}, \"operations\": {}, \"cpu_seconds\": {:.4}, \
             \"peak_rss_bytes\": {}}}",
            self.name,
            self.variant,
            unit,
            (values[(n - 1) / 2] + values[n / 2]) / 2.0,
            values[0],
            values[n - 1],
            operations,
            cpu,
            usage().ru_maxrss * 1024,
        );
    }
}

fn usage() -> libc::rusage {
    let mut usage = MaybeUninit::uninit();
    // SAFETY: getrusage fills what it is given when it returns 0.
    unsafe {
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()), 0);
        usage.assume_init()
    }
}

/// The processor time this process has had.
pub fn cpu_seconds() -> f64 {
    let usage = usage();
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// How much memory of the process is resident now.
pub fn resident_bytes() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("no /proc");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    // SAFETY: sysconf only reads.
    pages.expect("no resident size") * unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}
