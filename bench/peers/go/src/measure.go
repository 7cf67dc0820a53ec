// How a program is measured: run whole, as often as fills a sample, and printed as a line of JSON.
package main

import (
	"fmt"
	"math"
	"os"
	"sort"
	"syscall"
	"time"
)

const (
	sampleTime  = 20 * time.Millisecond
	longRunTime = 500 * time.Millisecond
)

var options struct {
	samples int
	scale   float64
	loops   int
}

// One line of the answer. A run does so many operations and fails when its answer is wrong.
type row struct {
	name, variant string
	operations    int
	run           func() error
}

// An amount marked with a star, as large as was asked for.
func scaled(amount int) int {
	n := int(math.Round(float64(amount) * options.scale))
	if n < 1 {
		return 1
	}
	return n
}

// Fails unless a program's answer is the right one.
func check(what string, got, wanted int) error {
	if got != wanted {
		return fmt.Errorf("%s: %d, should be %d", what, got, wanted)
	}
	return nil
}

func runTimes(run func() error, times int) (time.Duration, error) {
	start := time.Now()
	for i := 0; i < times; i++ {
		if err := run(); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// How many runs fill a sample, and how long one takes. Runs that many, or more, to find out.
func runsInSample(run func() error) (int, time.Duration, error) {
	for runs := 1; ; runs *= 2 {
		elapsed, err := runTimes(run, runs)
		if err != nil {
			return 0, 0, err
		}
		if elapsed >= sampleTime {
			each := elapsed / time.Duration(runs)
			return int(sampleTime/each) + 1, each, nil
		}
	}
}

// Measures a row and prints it.
func (r row) measure() error {
	runs, each, err := runsInSample(r.run)
	if err != nil {
		return err
	}
	samples := options.samples
	if each > longRunTime {
		samples = 1
	}
	values := make([]float64, samples)
	cpu := cpuSeconds()
	for i := range values {
		elapsed, err := runTimes(r.run, runs)
		if err != nil {
			return err
		}
		values[i] = float64(elapsed) / float64(runs*r.operations)
	}
	r.print("ns", values, runs*r.operations*samples, cpuSeconds()-cpu)
	return nil
}

func (r row) print(unit string, values []float64, operations int, cpu float64) {
	sort.Float64s(values)
	n := len(values)
	median := (values[(n-1)/2] + values[n/2]) / 2
	fmt.Printf(`{"name": "%s", "variant": "%s", "unit": "%s", "median": %.2f, "low": %.2f, `+
		`"high": %.2f, "operations": %d, "cpu_seconds": %.4f, "peak_rss_bytes": %d}`+"\n",
		r.name, r.variant, unit, median, values[0], values[n-1], operations, cpu, peakBytes())
}

func usage() (usage syscall.Rusage) {
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage
}

func cpuSeconds() float64 {
	u := usage()
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func peakBytes() int64 {
	return usage().Maxrss * 1024
}

// How much memory of the process is resident now.
func residentBytes() int {
	file, err := os.Open("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	defer file.Close()
	var size, resident int
	if _, err := fmt.Fscan(file, &size, &resident); err != nil {
		panic(err)
	}
	return resident * os.Getpagesize()
}
