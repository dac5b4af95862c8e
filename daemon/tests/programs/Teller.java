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
  private static final AtomicLong LAST = new AtomicLong();
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

  private static void readForEver() {
    while (true) {
      long now = wall(), before = LAST.getAndSet(now);
      if (before != 0) LONGEST.accumulate(Math.abs(now - before));
      READS.incrementAndGet();
    }
  }

  private static long wall() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }
}
