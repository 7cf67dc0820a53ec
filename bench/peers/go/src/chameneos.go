// Savina's chameneos: creatures of three colours meet in pairs at a mall and change colour.
package main

const creatures = 100

// The colours are 0, 1 and 2; in place of one, that the meetings are over.
type colour uint8

const noColour colour = 3

type meetRequest struct {
	from   chan<- colour
	colour colour
}

// The colour that two become: their own when they are alike, else the third.
func complement(a, b colour) colour {
	if a == b {
		return a
	}
	return 3 - a - b
}

func creature(own colour, mall chan<- meetRequest, reports chan<- int) {
	mailbox := make(chan colour, 1)
	meetings := 0
	for {
		mall <- meetRequest{mailbox, own}
		other := <-mailbox
		if other == noColour {
			break
		}
		own = complement(own, other)
		meetings++
	}
	reports <- meetings
}

func mall(mailbox <-chan meetRequest, meetings int) {
	for i := 0; i < meetings; i++ {
		first := <-mailbox
		second := <-mailbox
		first.from <- second.colour
		second.from <- first.colour
	}
	for i := 0; i < creatures; i++ {
		(<-mailbox).from <- noColour
	}
}

func playChameneos(meetings int) error {
	mailbox, reports := make(chan meetRequest, creatures), make(chan int, creatures)
	go mall(mailbox, meetings)
	for i := 0; i < creatures; i++ {
		go creature(colour(i%3), mailbox, reports)
	}
	sum := 0
	for i := 0; i < creatures; i++ {
		sum += <-reports
	}
	return check("meetings in the reports", sum, 2*meetings)
}

func chameneos() error {
	meetings := scaled(200_000)
	return row{name: "chameneos", operations: meetings,
		run: func() error { return playChameneos(meetings) }}.measure()
}
