// Tells what its clock reads: a line for each line of input. With the argument "load" 64 goroutines read the clock for ever, and the
// line says how many reads there were, how many were wrong, and the longest span in which nobody read it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

const readers = 64

// What nobody skews, and how far the clock is ahead of it, in one word, so that both change at once: microseconds since the start above,
// and 24 bits of microseconds below.
const aheadBits = 24

var started = time.Now()
var reads, longest, newest atomic.Int64

func read() int64 {
	now := time.Now()
	since := now.Sub(started)
	ahead := now.UnixNano() - started.UnixNano() - int64(since)
	return since.Microseconds()<<aheadBits | (ahead/1000 + 1<<(aheadBits-1))
}

// By its own clock, in nanoseconds.
func clockOf(reading int64) int64 {
	return (reading>>aheadBits + reading&(1<<aheadBits-1)) * 1000
}

// A goroutine that lost its processor with a reading in its hand has an old one: it says nothing of a span in which nobody read.
func readForEver() {
	for {
		reading := read()
		before := newest.Load()
		for reading > before && !newest.CompareAndSwap(before, reading) {
			before = newest.Load()
		}
		if reading > before && before != 0 {
			keepLongest(clockOf(reading) - clockOf(before))
		}
		reads.Add(1)
	}
}

func keepLongest(span int64) {
	for span = max(span, -span); ; {
		known := longest.Load()
		if span <= known || longest.CompareAndSwap(known, span) {
			return
		}
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "load" {
		for range readers {
			go readForEver()
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Printf("wall=%d reads=%d longest=%d\n", time.Now().UnixNano(), reads.Load(), longest.Swap(0))
	}
}
