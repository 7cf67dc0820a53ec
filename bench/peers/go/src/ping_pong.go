// Savina's ping pong: two actors send one message to and fro.
package main

type ping struct {
	from chan<- pong
}

type pong struct{ number int }

// Sends a ping, waits for its pong, and so on; closes pong's mailbox in the end.
func pingActor(mailbox chan pong, to chan<- ping, pings int) {
	for i := 0; i < pings; i++ {
		to <- ping{from: mailbox}
		<-mailbox
	}
	close(to)
}

// Answers each ping, and tells in the end how many it has seen.
func pongActor(mailbox <-chan ping, seen chan<- int) {
	count := 0
	for message := range mailbox {
		count++
		message.from <- pong{count}
	}
	seen <- count
}

func playPingPong(pings int) error {
	toPing, toPong, seen := make(chan pong, 1), make(chan ping, 1), make(chan int, 1)
	go pongActor(toPong, seen)
	go pingActor(toPing, toPong, pings)
	return check("pings", <-seen, pings)
}

func pingPong() error {
	pings := scaled(40_000)
	return row{name: "ping_pong", operations: 2 * pings,
		run: func() error { return playPingPong(pings) }}.measure()
}
