// Ping pong between two actors on two threads: each is locked to a thread of its own, since the
// scheduler would else run both on one.
//
// Waking a locked goroutine costs the system's switch of threads, tens of microseconds. So that this
// measures the hop and not the wakening, an actor polls its mailbox a while before it waits.
package main

import "runtime"

const hopPolls = 300_000

// Takes the next message, or learns that the mailbox is closed. Waits only after it has polled a while.
func receive[T any](mailbox <-chan T) (message T, open bool) {
	for i := 0; i < hopPolls; i++ {
		select {
		case message, open = <-mailbox:
			return message, open
		default:
		}
	}
	message, open = <-mailbox
	return message, open
}

func hopPing(mailbox chan pong, to chan<- ping, pings int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := 0; i < pings; i++ {
		to <- ping{from: mailbox}
		receive(mailbox)
	}
	close(to)
}

func hopPong(mailbox <-chan ping, seen chan<- int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	count := 0
	for message, open := receive(mailbox); open; message, open = receive(mailbox) {
		count++
		message.from <- pong{count}
	}
	seen <- count
}

func playHop(pings int) error {
	toPing, toPong, seen := make(chan pong, 1), make(chan ping, 1), make(chan int, 1)
	go hopPong(toPong, seen)
	go hopPing(toPing, toPong, pings)
	return check("pings", <-seen, pings)
}

func hop() error {
	if options.loops < 2 {
		runtime.GOMAXPROCS(2)
	}
	pings := scaled(40_000)
	return row{name: "hop", operations: 2 * pings,
		run: func() error { return playHop(pings) }}.measure()
}
