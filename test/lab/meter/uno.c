/*
 * An Arduino Uno in simavr, with what is wired to it: an ACS712-05B on A0, a halved supply voltage on A1 and a GPIO pin
 * on D2. Its UART is a pseudo-terminal. Of the product only the firmware is in here: nothing else can be real.
 *
 *   uno FIRMWARE.elf SEED GARBAGE DROP SECONDS:AMPERES:LEVEL ...
 *
 * Each segment holds a true current and a level of D2. GARBAGE: every so many lines a byte of a line is damaged; DROP:
 * every so many lines one is left out; 0 is never. Prints one JSON line with the terminal's path, then waits for a line
 * on stdin, and at the end one JSON line with what was really done.
 */
#include <fcntl.h>
#include <math.h>
#include <pty.h>
#include <simavr/avr_adc.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const double SUPPLY_V = 5.1, SUPPLY_OHM = 0.1, AVCC_MV = 5000;
/* What a sensor of its kind may be: sensitivity and zero are not those of the datasheet. */
static const double SENSITIVITY_MV = 183.2, ZERO_MV = 2512.0, NOISE_A = 0.017, RIPPLE_MV = 6;

static avr_t *avr;
static avr_irq_t *inputs;
static int terminal;
static uint64_t state;
static double amperes;
static long garbage, drop, line_count, damages, damaged_lines, damaged_blocks, dropped_lines, dropped_blocks;
static char line[256];
static size_t length;
static int is_block;

static double uniform(void) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  uint64_t x = state ^ (state >> 33);
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  return ((double)(x >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void) { return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform()); }

/*
 * The simulator takes whole millivolts, and 5000 of them over 1023 steps: codes of four or five of them, which bends its
 * line by a sixteenth of a code. So the code is found here as the datasheet of the ATmega328P has it, V * 1024 / Vref, and the
 * simulator gets the millivolts that it makes this very code of.
 */
static uint32_t millivolts(double value) {
  long code = lround(floor(value * 1024 / AVCC_MV));
  code = code < 0 ? 0 : code > 1023 ? 1023 : code;
  return (uint32_t)((code * (long)AVCC_MV + 1022) / 1023);
}

static void on_conversion(struct avr_irq_t *irq, uint32_t value, void *param) {
  (void)irq, (void)param;
  union { avr_adc_mux_t mux; uint32_t v; } request = {.v = value};
  if (request.mux.src == 0) {
    double sensed = amperes + NOISE_A * normal();
    avr_raise_irq(inputs + ADC_IRQ_ADC0, millivolts(ZERO_MV + SENSITIVITY_MV * sensed));
  } else {
    double volts = SUPPLY_V - SUPPLY_OHM * amperes;
    avr_raise_irq(inputs + ADC_IRQ_ADC1, millivolts(volts * 500 + RIPPLE_MV * normal()));
  }
}

static void put(const char *bytes, size_t count) {
  /* Blocks while nobody reads: the simulated time waits, nothing is lost here. */
  while (count > 0) {
    ssize_t written = write(terminal, bytes, count);
    if (written <= 0) exit(3);
    bytes += written;
    count -= (size_t)written;
  }
}

/* By turns: a byte of the line flipped, bytes before it, and a whole line of garbage between good ones. */
static void damage(void) {
  char noise[8];
  for (size_t i = 0; i < sizeof noise; i += 1) noise[i] = (char)(128 + uniform() * 127);
  damaged_lines += 1;
  switch (damages++ % 3) {
  case 0:
    line[(size_t)(uniform() * (double)(length - 1))] ^= 0x95;
    damaged_blocks += is_block;
    break;
  case 1:
    put(noise, sizeof noise);
    damaged_blocks += is_block;
    break;
  default:
    noise[sizeof noise - 1] = '\n';
    put(noise, sizeof noise);
  }
}

static void on_byte(struct avr_irq_t *irq, uint32_t value, void *param) {
  (void)irq, (void)param;
  if (length < sizeof line) line[length++] = (char)value;
  if (value != '\n') return;
  line_count += 1;
  is_block = line[0] == 'B';
  if (drop > 0 && line_count % drop == 0) {
    dropped_lines += 1;
    dropped_blocks += is_block;
  } else {
    if (garbage > 0 && line_count % garbage == 0) {
      damage();
    }
    put(line, length);
  }
  length = 0;
}

/* Its messages would stand between our lines on stdout. */
static void silent(struct avr_t *a, const int level, const char *format, va_list values) {
  (void)a, (void)level, (void)format, (void)values;
}

static void no_sleep(avr_t *a, avr_cycle_count_t cycles) { (void)a, (void)cycles; }

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  avr_global_logger_set(silent);
  elf_firmware_t firmware = {0};
  if (elf_read_firmware(argv[1], &firmware) != 0) return 2;
  state = strtoull(argv[2], NULL, 10) * 0x9e3779b97f4a7c15ULL + 1;
  garbage = atol(argv[3]);
  drop = atol(argv[4]);
  avr = avr_make_mcu_by_name("atmega328p");
  if (!avr || avr_init(avr)) return 2;
  avr_load_firmware(avr, &firmware);
  avr->frequency = 16000000;
  avr->vcc = avr->avcc = avr->aref = (uint32_t)AVCC_MV;
  avr->sleep = no_sleep;
  avr->log = LOG_NONE;
  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
  flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
  inputs = avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, 0);
  avr_irq_register_notify(inputs + ADC_IRQ_OUT_TRIGGER, on_conversion, NULL);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_byte, NULL);
  avr_irq_t *pin = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), 2);

  int other;
  char name[128];
  struct termios raw;
  if (openpty(&terminal, &other, name, NULL, NULL) != 0) return 2;
  tcgetattr(other, &raw);
  cfmakeraw(&raw);
  tcsetattr(other, TCSANOW, &raw);
  printf("{\"emulated\":true,\"port\":\"%s\"}\n", name);
  fflush(stdout);
  char go[16];
  if (!fgets(go, sizeof go, stdin)) return 3;

  printf("{\"edges\":[");
  const char *comma = "";
  int level = 0;
  avr_raise_irq(pin, 0);
  double until = 0;
  for (int i = 5; i < argc; i += 1) {
    double seconds;
    int wanted;
    if (sscanf(argv[i], "%lf:%lf:%d", &seconds, &amperes, &wanted) != 3) return 2;
    if (wanted != level) {
      level = wanted;
      printf("%s{\"t\":%.7f,\"level\":%d}", comma, (double)avr->cycle / 16e6, level);
      comma = ",";
      avr_raise_irq(pin, (uint32_t)level);
    }
    until += seconds;
    while ((double)avr->cycle < until * 16e6) {
      int cpu = avr_run(avr);
      if (cpu == cpu_Done || cpu == cpu_Crashed) return 4;
    }
  }
  tcdrain(terminal);
  printf("],\"seconds\":%.7f,\"lines\":%ld,\"damaged_lines\":%ld,\"damaged_blocks\":%ld,\"dropped_lines\":%ld,"
         "\"dropped_blocks\":%ld}\n",
         (double)avr->cycle / 16e6, line_count, damaged_lines, damaged_blocks, dropped_lines, dropped_blocks);
  fflush(stdout);
  /* What was written is in the terminal's buffer until its reader has taken it. */
  if (!fgets(go, sizeof go, stdin)) return 0;
  return 0;
}
