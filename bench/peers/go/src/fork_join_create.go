// Savina's fork join (creation): many actors are spawned, each computes one sine for the one message
// it is sent, tells the collector, and ends.
package main

const createRoom = 1024

func createdActor(mailbox <-chan float64, collector chan<- int) {
	squaredSine(<-mailbox)
	collector <- 1
}

func createCollector(mailbox <-chan int, actors int, result chan<- int) {
	done := 0
	for i := 0; i < actors; i++ {
		done += <-mailbox
	}
	result <- done
}

func playCreate(actors int) error {
	collector, result := make(chan int, createRoom), make(chan int, 1)
	go createCollector(collector, actors, result)
	for i := 0; i < actors; i++ {
		mailbox := make(chan float64, 1)
		go createdActor(mailbox, collector)
		mailbox <- forkJoinArgument
	}
	return check("actors done", <-result, actors)
}

func forkJoinCreate() error {
	actors := scaled(40_000)
	return row{name: "fork_join_create", operations: actors,
		run: func() error { return playCreate(actors) }}.measure()
}
