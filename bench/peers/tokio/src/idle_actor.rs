//! What an idle actor costs in memory: each has a state of 16 bytes and was proved alive by a message.
//!
//! Measured once, in a fresh process: actors that ended leave memory behind that the next would use.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, cpu_seconds, resident_bytes, send, Bench, Outcome, Row};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct State {
    messages: usize,
    sum: usize,
}

/// Counts messages and adds their numbers up; tells its state after each, and in the end.
async fn actor(mut mailbox: Receiver<usize>, alive: Sender<State>) {
    let mut state = State::default();
    while let Some(number) = mailbox.recv().await {
        state.messages += 1;
        state.sum += number;
        send(&alive, state).await;
    }
    send(&alive, state).await;
}

/// The states of so many actors, added up.
async fn states(actors: usize, alive: &mut Receiver<State>) -> State {
    let mut states = State::default();
    for _ in 0..actors {
        let state = alive.recv().await.unwrap_or_default();
        states.messages += state.messages;
        states.sum += state.sum;
    }
    states
}

/// Measures the bytes of an actor, and how much processor time it took to start them all.
async fn play(actors: usize) -> Result<(f64, f64), String> {
    let wanted = State { messages: actors, sum: actors * (actors - 1) / 2 };
    let (tell, mut alive) = channel(1);
    let mut to = Vec::with_capacity(actors);
    let (before, cpu) = (resident_bytes(), cpu_seconds());
    let mut proved = State::default();
    for number in 0..actors {
        let (to_actor, mailbox) = channel(1);
        spawn(actor(mailbox, tell.clone()));
        send(&to_actor, number).await;
        let state = states(1, &mut alive).await;
        proved.messages += state.messages;
        proved.sum += state.sum;
        to.push(to_actor);
    }
    let each = (resident_bytes() - before) as f64 / actors as f64;
    let cpu = cpu_seconds() - cpu;
    check("actors alive", proved, wanted)?;
    drop(to);
    check("actors alive in the end", states(actors, &mut alive).await, wanted)?;
    Ok((each, cpu))
}

pub fn measure(bench: &Bench) -> Outcome {
    let actors = bench.scaled(1_000_000);
    let (each, cpu) = bench.play(play(actors))?;
    let row = Row { name: "idle_actor", variant: "", operations: actors };
    row.print("bytes", vec![each], actors, cpu);
    Ok(())
}
