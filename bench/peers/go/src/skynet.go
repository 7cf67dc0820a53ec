// Skynet: an actor spawns ten, each of which spawns ten, down to the leaves, which tell their number
// to their parent; parents tell the sum to theirs.
package main

const skynetChildren = 10

// One actor: a leaf, or the parent of ten that share its numbers.
func skynetActor(parent chan<- int, number, leaves int) {
	if leaves == 1 {
		parent <- number
		return
	}
	mailbox, share := make(chan int, skynetChildren), leaves/skynetChildren
	for i := 0; i < skynetChildren; i++ {
		go skynetActor(mailbox, number+i*share, share)
	}
	sum := 0
	for i := 0; i < skynetChildren; i++ {
		sum += <-mailbox
	}
	parent <- sum
}

func playSkynet(leaves int) error {
	result := make(chan int, 1)
	go skynetActor(result, 0, leaves)
	return check("sum of the leaves", <-result, leaves*(leaves-1)/2)
}

// The number of leaves: the power of ten that is not above the scaled amount.
func skynetLeaves() int {
	leaves := skynetChildren
	for wanted := scaled(1_000_000); leaves*skynetChildren <= wanted; {
		leaves *= skynetChildren
	}
	return leaves
}

func skynet() error {
	leaves := skynetLeaves()
	return row{name: "skynet", operations: leaves,
		run: func() error { return playSkynet(leaves) }}.measure()
}
