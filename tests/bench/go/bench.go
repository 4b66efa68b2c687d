// The same operations in Go: what tests/bench/*.cpp measure of Samovar. Prints one line each: name, ns an operation.
//
// GOMAXPROCS is 1 unless the name says otherwise. tests/bench/compare runs it and puts the numbers beside ours.
package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

func report(name string, operations int, begin time.Time) {
	fmt.Printf("%s %.2f\n", name, float64(time.Since(begin).Nanoseconds())/float64(operations))
}

func spawnExit() {
	begin := time.Now()
	for round := 0; round < 200; round++ {
		var done sync.WaitGroup
		done.Add(1000)
		for i := 0; i < 1000; i++ {
			go done.Done()
		}
		done.Wait()
	}
	report("sched/spawn_exit/1000", 200*1000, begin)
}

func yields(goroutines int) {
	const all = 400_000
	each := all / goroutines
	var done sync.WaitGroup
	done.Add(goroutines)
	begin := time.Now()
	for i := 0; i < goroutines; i++ {
		go func() {
			for k := 0; k < each; k++ {
				runtime.Gosched()
			}
			done.Done()
		}()
	}
	done.Wait()
	report("sched/yield/"+strconv.Itoa(goroutines), each*goroutines, begin)
}

func pingPong() {
	const rounds = 200_000
	ping, pong := make(chan int), make(chan int)
	go func() {
		for value := range ping {
			pong <- value
		}
	}()
	begin := time.Now()
	for i := 0; i < rounds; i++ {
		ping <- i
		<-pong
	}
	report("sync/ping_pong_round_trip/1", rounds, begin)
	close(ping)
}

func bufferedChannel() {
	const items = 1_000_000
	numbers := make(chan int, 128)
	var done sync.WaitGroup
	done.Add(1)
	begin := time.Now()
	go func() {
		for range numbers {
		}
		done.Done()
	}()
	for i := 0; i < items; i++ {
		numbers <- i
	}
	close(numbers)
	done.Wait()
	report("sync/producer_consumer_item/1", items, begin)
}

func mutex() {
	const times = 5_000_000
	var lock sync.Mutex
	begin := time.Now()
	for i := 0; i < times; i++ {
		lock.Lock()
		lock.Unlock()
	}
	report("sync/mutex_uncontended/1", times, begin)
}

func timers() {
	const times = 200_000
	for i := 0; i < 1000; i++ {
		defer time.AfterFunc(time.Hour+time.Duration(i)*time.Microsecond, func() {}).Stop()
	}
	begin := time.Now()
	for i := 0; i < times; i++ {
		time.AfterFunc(time.Hour+time.Duration(i%1000)*time.Microsecond, func() {}).Stop()
	}
	report("sched/timer_start_stop/1000", times, begin)
}

// A message of 100 bytes before the nonce: two compressions each.
func mine() {
	const hashes = 1_000_000
	message := []byte(strings.Repeat("m", 100))
	found := 0
	begin := time.Now()
	for nonce := int64(1_000_000); nonce < 1_000_000+hashes; nonce++ {
		sum := sha256.Sum256(strconv.AppendInt(message[:100], nonce, 10))
		if sum[0] == 0 && sum[1] == 0 && sum[2] == 0 {
			found++
		}
	}
	report("chain/mine", hashes, begin)
	if found > hashes {
		os.Exit(1)
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	spawnExit()
	for _, goroutines := range []int{1, 2, 10, 100} {
		yields(goroutines)
	}
	pingPong()
	bufferedChannel()
	mutex()
	timers()
	mine()
	memory()
}
