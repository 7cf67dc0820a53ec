// Savina's thread ring: a hundred actors pass on one token.
package main

const ringActors = 100

// Passes on the token, which says how many hops are left, until the mailbox is closed; says its
// number when the token ends here.
func ringActor(number int, mailbox <-chan int, next chan<- int, end chan<- int, gone chan<- int) {
	for hops := range mailbox {
		if hops == 0 {
			end <- number
		} else {
			next <- hops - 1
		}
	}
	gone <- number
}

func playRing(hops int) error {
	ring := make([]chan int, ringActors)
	for i := range ring {
		ring[i] = make(chan int, 1)
	}
	end, gone := make(chan int, 1), make(chan int, ringActors)
	for i := range ring {
		go ringActor(i, ring[i], ring[(i+1)%ringActors], end, gone)
	}
	ring[0] <- hops
	last := <-end
	for _, mailbox := range ring {
		close(mailbox)
	}
	for range ring {
		<-gone
	}
	return check("actor at the end", last, hops%ringActors)
}

func threadRing() error {
	hops := scaled(100_000)
	return row{name: "thread_ring", operations: hops,
		run: func() error { return playRing(hops) }}.measure()
}
