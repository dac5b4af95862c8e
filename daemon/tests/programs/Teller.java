import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;

/**
 * Tells what its clocks read: a line for each line of input. With the argument "load" 24 threads read the clock for ever, and the line
 * says how many reads there were, and the longest span in which nobody read it.
 */
public final class Teller {
  private static final int READERS = 24;
  private static final AtomicLong READS = new AtomicLong();
  /**
   * What nobody skews, and how far the clock is ahead of it, in one word, so that both change at once: microseconds since the start
   * above, and 24 bits of microseconds below.
   */
  private static final AtomicLong NEWEST = new AtomicLong();
  private static final int AHEAD_BITS = 24;
  private static final long WALL_AT_START = wall(), STARTED = System.nanoTime();
  private static final LongAccumulator LONGEST = new LongAccumulator(Long::max, 0);

  public static void main(String[] words) throws Exception {
    if (words.length > 0 && words[0].equals("load")) {
      for (int i = 0; i < READERS; i++) {
        Thread reader = new Thread(Teller::readForEver);
        reader.setDaemon(true);
        reader.start();
      }
    }
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    while (lines.readLine() != null) {
      long wall = wall(), monotonic = System.nanoTime();
      System.out.printf("wall=%d mono=%d reads=%d longest=%d%n", wall, monotonic, READS.get(), LONGEST.getThenReset());
    }
  }

  /** A thread that lost its processor with a reading in its hand has an old one: it says nothing of a span in which nobody read. */
  private static void readForEver() {
    while (true) {
      long reading = reading(), before = NEWEST.getAndAccumulate(reading, Math::max);
      if (before != 0 && reading > before) LONGEST.accumulate(Math.abs(clockOf(reading) - clockOf(before)));
      READS.incrementAndGet();
    }
  }

  private static long reading() {
    long since = System.nanoTime() - STARTED, ahead = wall() - WALL_AT_START - since;
    return since / 1000 << AHEAD_BITS | ahead / 1000 + (1L << AHEAD_BITS - 1);
  }

  /** By its own clock, in nanoseconds. */
  private static long clockOf(long reading) {
    return ((reading >> AHEAD_BITS) + (reading & (1L << AHEAD_BITS) - 1)) * 1000;
  }

  private static long wall() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }
}
