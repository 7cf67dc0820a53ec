// Savina's counting: a producer sends increments to a counter, then asks it for the count.
package main

const countingRoom = 1024

// An increment, or, with a channel for the answer, the question for the count.
type countMessage struct {
	ask chan<- int
}

func counter(mailbox <-chan countMessage) {
	count := 0
	for message := range mailbox {
		if message.ask != nil {
			message.ask <- count
			return
		}
		count++
	}
}

func countProducer(to chan<- countMessage, increments int, result chan<- int) {
	for i := 0; i < increments; i++ {
		to <- countMessage{}
	}
	answer := make(chan int, 1)
	to <- countMessage{ask: answer}
	result <- <-answer
}

func playCounting(increments int) error {
	mailbox, result := make(chan countMessage, countingRoom), make(chan int, 1)
	go counter(mailbox)
	go countProducer(mailbox, increments, result)
	return check("count", <-result, increments)
}

func counting() error {
	increments := scaled(1_000_000)
	return row{name: "counting", operations: increments,
		run: func() error { return playCounting(increments) }}.measure()
}
