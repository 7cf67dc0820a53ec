//! Tasks that wait for one signal each: a oneshot. What they cost in memory while all wait, and in time
//! from the first start to the last end.
//!
//! The memory is measured once, before the time: tasks that ended leave memory behind for the next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use tokio::spawn;
use tokio::sync::{oneshot, Notify};
use tokio::task::JoinHandle;

use crate::bench::{check, cpu_seconds, ends_of, resident_bytes, Bench, Outcome, Row};

struct Signal;

/// Opens when the last of so many has arrived.
struct Gate {
    left: AtomicUsize,
    open: Notify,
}

impl Gate {
    fn new(tasks: usize) -> Self {
        Self { left: AtomicUsize::new(tasks), open: Notify::new() }
    }

    /// Only the count is shared: it orders nothing but itself.
    fn arrive(&self) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.open.notify_one();
        }
    }
}

/// Reports whether it was released by its signal.
async fn task(gate: Arc<Gate>, signal: oneshot::Receiver<Signal>) -> bool {
    gate.arrive();
    drop(gate);
    signal.await.is_ok()
}

struct Waiters {
    signals: Vec<oneshot::Sender<Signal>>,
    tasks: Vec<JoinHandle<bool>>,
}

/// Starts tasks, and waits until all wait.
async fn start(count: usize) -> Waiters {
    let gate = Arc::new(Gate::new(count));
    let mut waiters =
        Waiters { signals: Vec::with_capacity(count), tasks: Vec::with_capacity(count) };
    for _ in 0..count {
        let (to, signal) = oneshot::channel();
        waiters.signals.push(to);
        waiters.tasks.push(spawn(task(gate.clone(), signal)));
    }
    gate.open.notified().await;
    waiters
}

impl Waiters {
    /// Signals each task and waits for the last to end.
    async fn release(self) -> Outcome {
        let count = self.tasks.len();
        for signal in self.signals {
            let _ = signal.send(Signal);
        }
        let ended = ends_of(self.tasks).await.into_iter();
        check("tasks released", ended.filter(|released| *released).count(), count)
    }
}

/// Measures the bytes of a task, and how much processor time it took to start them all.
async fn play_bytes(count: usize) -> Result<(f64, f64), String> {
    let (before, cpu) = (resident_bytes(), cpu_seconds());
    let waiters = start(count).await;
    let each = (resident_bytes() - before) as f64 / count as f64;
    let cpu = cpu_seconds() - cpu;
    waiters.release().await?;
    Ok((each, cpu))
}

async fn play(count: usize) -> Outcome {
    start(count).await.release().await
}

pub fn measure(bench: &Bench) -> Outcome {
    let tasks = bench.scaled(1_000_000);
    let row = |variant| Row { name: "waiting_task", variant, operations: tasks };
    let (each, cpu) = bench.play(play_bytes(tasks))?;
    row("bytes").print("bytes", vec![each], tasks, cpu);
    bench.measure(row("start and release"), || play(tasks))
}
