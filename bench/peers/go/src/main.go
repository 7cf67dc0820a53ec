// The Go peer: the programs of the suite, each an actor a goroutine and a mailbox a buffered channel.
//
//	savina PROGRAM [--samples K] [--scale F] [--loops N]
//
// Status 1: a program got a wrong answer. 2: the arguments make no sense. 3: no such program.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

const (
	statusWrong     = 1
	statusUsage     = 2
	statusNoProgram = 3
)

// A heap may grow to twenty-one times what lives in it before it is collected: that saves most
// collections, and more than this no program is faster for.
const gcPercent = 2000

var programs = map[string]func() error{
	"ask":                    ask,
	"ask_many":               askMany,
	"bank_transaction":       bankTransaction,
	"big":                    big,
	"bounded_buffer":         boundedBuffer,
	"chameneos":              chameneos,
	"cigarette_smokers":      cigaretteSmokers,
	"concurrent_dictionary":  concurrentDictionary,
	"concurrent_sorted_list": concurrentSortedList,
	"counting":               counting,
	"dining_philosophers":    diningPhilosophers,
	"fan_in":                 fanIn,
	"fork_join_create":       forkJoinCreate,
	"fork_join_throughput":   forkJoinThroughput,
	"hop":                    hop,
	"idle_actor":             idleActor,
	"logistic_map":           logisticMap,
	"ping_pong":              pingPong,
	"skynet":                 skynet,
	"sleeping_barber":        sleepingBarber,
	"thread_ring":            threadRing,
	"waiting_task":           waitingTask,
}

func readOptions(arguments []string) {
	flags := flag.NewFlagSet("savina", flag.ContinueOnError)
	flags.IntVar(&options.samples, "samples", 7, "samples that count")
	flags.Float64Var(&options.scale, "scale", 1, "multiplies the amounts")
	flags.IntVar(&options.loops, "loops", 1, "threads that run actors")
	err := flags.Parse(arguments)
	if err != nil || flags.NArg() > 0 || options.samples < 1 || options.loops < 1 || !(options.scale > 0) {
		fmt.Fprintln(os.Stderr, "savina PROGRAM [--samples K] [--scale F] [--loops N]")
		os.Exit(statusUsage)
	}
}

func main() {
	if len(os.Args) < 2 {
		readOptions([]string{"no program"})
	}
	program, known := programs[os.Args[1]]
	if !known {
		fmt.Fprintf(os.Stderr, "%s: no such program\n", os.Args[1])
		os.Exit(statusNoProgram)
	}
	readOptions(os.Args[2:])
	runtime.GOMAXPROCS(options.loops)
	debug.SetGCPercent(gcPercent)
	if err := program(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(statusWrong)
	}
}
