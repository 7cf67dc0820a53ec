// Savina's logistic map: ten workers ask a computer each for the terms of a series, one by one, as a
// master tells them.
package main

import "fmt"

const (
	logisticSeries = 10
	logisticRoom   = 1024
	logisticStep   = 0.0025
)

func logisticRate(series int) float64 {
	return 3.46 + logisticStep*float64(series)
}

type logisticRequest struct {
	reply chan<- float64
	term  float64
}

func logisticComputer(rate float64, mailbox <-chan logisticRequest) {
	for request := range mailbox {
		request.reply <- rate * request.term * (1 - request.term)
	}
}

// What the master says: compute the next term. When it closes the mailbox, it wants the last one.
type logisticNext struct{ number int32 }

type logisticTerm struct {
	series int
	term   float64
}

func logisticWorker(series int, mailbox <-chan logisticNext, computer chan<- logisticRequest,
	master chan<- logisticTerm) {
	reply := make(chan float64, 1)
	term := logisticRate(series) * logisticStep
	for range mailbox {
		computer <- logisticRequest{reply, term}
		term = <-reply
	}
	close(computer)
	master <- logisticTerm{series, term}
}

func logisticMaster(terms int, workers []chan logisticNext, last <-chan logisticTerm, result chan<- float64) {
	for i := 0; i < terms; i++ {
		for _, worker := range workers {
			worker <- logisticNext{int32(i)}
		}
	}
	for _, worker := range workers {
		close(worker)
	}
	var series [logisticSeries]float64
	for range workers {
		message := <-last
		series[message.series] = message.term
	}
	result <- sum(series)
}

func sum(values [logisticSeries]float64) (sum float64) {
	for _, value := range values {
		sum += value
	}
	return sum
}

// The sum of the last terms, computed in a loop.
func logisticSum(terms int) float64 {
	var series [logisticSeries]float64
	for i := range series {
		rate := logisticRate(i)
		term := rate * logisticStep
		for j := 0; j < terms; j++ {
			term = rate * term * (1 - term)
		}
		series[i] = term
	}
	return sum(series)
}

func playLogistic(terms int) error {
	workers := make([]chan logisticNext, logisticSeries)
	last, result := make(chan logisticTerm, logisticSeries), make(chan float64, 1)
	for i := range workers {
		computer := make(chan logisticRequest, 1)
		workers[i] = make(chan logisticNext, logisticRoom)
		go logisticComputer(logisticRate(i), computer)
		go logisticWorker(i, workers[i], computer, last)
	}
	go logisticMaster(terms, workers, last, result)
	if got, wanted := <-result, logisticSum(terms); got != wanted {
		return fmt.Errorf("sum of the last terms: %g, should be %g", got, wanted)
	}
	return nil
}

func logisticMap() error {
	terms := scaled(25_000)
	return row{name: "logistic_map", operations: logisticSeries * terms,
		run: func() error { return playLogistic(terms) }}.measure()
}
