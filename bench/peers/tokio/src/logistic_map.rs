//! Savina's logistic map: ten workers ask a computer each for the terms of a series, one by one, as a
//! master tells them.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bench::{check, end_of, send, Bench, Outcome, Row};

const SERIES: usize = 10;
const ROOM: usize = 1024;
const STEP: f64 = 0.0025;

fn rate(series: usize) -> f64 {
    3.46 + STEP * series as f64
}

struct Request {
    term: f64,
    reply: oneshot::Sender<f64>,
}

async fn computer(rate: f64, mut mailbox: Receiver<Request>) {
    while let Some(Request { term, reply }) = mailbox.recv().await {
        let _ = reply.send(rate * term * (1.0 - term));
    }
}

/// What the master tells a worker: compute the next term.
struct Next;

/// What a worker tells the master when it has no more terms to compute.
struct LastTerm {
    series: usize,
    term: f64,
}

async fn worker(
    series: usize,
    mut mailbox: Receiver<Next>,
    computer: Sender<Request>,
    master: Sender<LastTerm>,
) {
    let mut term = rate(series) * STEP;
    while let Some(Next) = mailbox.recv().await {
        let (reply, next) = oneshot::channel();
        send(&computer, Request { term, reply }).await;
        term = next.await.unwrap_or(f64::NAN);
    }
    send(&master, LastTerm { series, term }).await;
}

/// Has all terms computed, and reports the sum of the last ones.
async fn master(terms: usize, workers: Vec<Sender<Next>>, mut mailbox: Receiver<LastTerm>) -> f64 {
    for _ in 0..terms {
        for worker in &workers {
            send(worker, Next).await;
        }
    }
    drop(workers);
    let mut last = [0.0; SERIES];
    while let Some(LastTerm { series, term }) = mailbox.recv().await {
        last[series] = term;
    }
    last.iter().sum()
}

/// The sum of the last terms, computed in a loop.
fn sum_of_last(terms: usize) -> f64 {
    let last_term = |rate: f64| (0..terms).fold(rate * STEP, |term, _| rate * term * (1.0 - term));
    (0..SERIES).map(|series| last_term(rate(series))).sum()
}

/// Starts a worker and its computer.
fn start(series: usize, master: Sender<LastTerm>) -> (Sender<Next>, [JoinHandle<()>; 2]) {
    let (to_computer, requests) = channel(1);
    let (to_worker, orders) = channel(ROOM);
    let computer = spawn(computer(rate(series), requests));
    (to_worker, [computer, spawn(worker(series, orders, to_computer, master))])
}

async fn play(terms: usize) -> Outcome {
    let (to_master, mailbox) = channel(SERIES);
    let started = (0..SERIES).map(|series| start(series, to_master.clone()));
    let (workers, actors): (Vec<_>, Vec<_>) = started.unzip();
    drop(to_master);
    let sum = end_of(spawn(master(terms, workers, mailbox))).await;
    for actor in actors.into_iter().flatten() {
        end_of(actor).await;
    }
    check("sum of the last terms", sum, sum_of_last(terms))
}

pub fn measure(bench: &Bench) -> Outcome {
    let terms = bench.scaled(25_000);
    let row = Row { name: "logistic_map", variant: "", operations: SERIES * terms };
    bench.measure(row, || play(terms))
}
