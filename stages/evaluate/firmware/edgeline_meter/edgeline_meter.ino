// Edgeline's power meter: an Arduino Uno with an ACS712 current sensor. README.md one folder up has wiring and reasons.
//
// A0: output of the ACS712.  A1: the board's supply voltage, halved by a divider.  D2: a GPIO pin of the board.
//
// Lines at 115200 baud, numbers in decimal, `*` and CRC-16/XMODEM of what stands before it in four hexadecimal digits:
//   H edgeline-meter <protocol> <block us> <clock Hz>          at start, and every 512 blocks
//   B <sequence> <t us> <n0> <sum0> <squares0> <n1> <sum1> <squares1>   one block of A0 and A1, closed at t
//   E <sequence> <t us> <level>                                an edge on D2 at t
// Sequence numbers are 16 bits wide and times 32 bits; both start again at 0.
#include <Arduino.h>
#include <avr/sleep.h>
#include <util/crc16.h>

static const uint8_t PROTOCOL = 1;
static const uint32_t BLOCK_US = 10000;
static const uint8_t EDGE_PIN = 2;
static const uint8_t EDGES = 16;

struct Sums {
  uint16_t n;
  uint32_t sum;
  uint32_t squares;
};

struct Block {
  uint16_t sequence;
  uint32_t t;
  Sums channel[2];
};

struct Edge {
  uint16_t sequence;
  uint32_t t;
  uint8_t level;
};

static Sums sums[2];
static uint32_t deadline;
static uint16_t next_block;
static volatile bool ready;
static Block finished;

static volatile uint8_t edge_head;
static volatile uint8_t edge_tail;
static Edge edges[EDGES];
static uint16_t next_edge;

// Each conversion is started by the interrupt of the one before, so a result always belongs to the channel that was
// selected: in the ADC's own free-running mode the next conversion has begun when the channel can be changed.
ISR(ADC_vect) {
  const uint16_t code = ADC;
  const uint8_t channel = ADMUX & 1;
  ADMUX = _BV(REFS0) | (channel ^ 1);
  ADCSRA |= _BV(ADSC);
  Sums &own = sums[channel];
  own.n += 1;
  own.sum += code;
  own.squares += (uint32_t)code * code;
  // Blocks end after a pair, so that both channels have as many conversions.
  if (channel == 0) return;
  const uint32_t now = micros();
  if ((int32_t)(now - deadline) < 0) return;
  deadline += BLOCK_US;
  // A block that could not be sent is lost, and its sequence number with it: the reader counts it.
  if (!ready) {
    finished.sequence = next_block;
    finished.t = now;
    finished.channel[0] = sums[0];
    finished.channel[1] = sums[1];
    ready = true;
  }
  next_block += 1;
  sums[0] = Sums();
  sums[1] = Sums();
}

static void on_edge() {
  const uint32_t now = micros();
  const uint8_t level = (PIND >> PIND2) & 1;
  const uint8_t head = (edge_head + 1) % EDGES;
  if (head != edge_tail) {
    edges[edge_head].sequence = next_edge;
    edges[edge_head].t = now;
    edges[edge_head].level = level;
    edge_head = head;
  }
  next_edge += 1;
}

static uint16_t crc;

static void put(char character) {
  crc = _crc_xmodem_update(crc, (uint8_t)character);
  Serial.write(character);
}

static void put(const char *text) {
  while (*text) put(*text++);
}

static void put_number(uint32_t value) {
  char digits[11];
  put(' ');
  put(ultoa(value, digits, 10));
}

static void end_line() {
  const uint16_t sum = crc;
  Serial.write('*');
  for (int8_t shift = 12; shift >= 0; shift -= 4) Serial.write("0123456789ABCDEF"[(sum >> shift) & 15]);
  Serial.write('\n');
  crc = 0;
}

static void say_hello() {
  put("H edgeline-meter");
  put_number(PROTOCOL);
  put_number(BLOCK_US);
  put_number(F_CPU);
  end_line();
}

static void say_block(const Block &block) {
  put('B');
  put_number(block.sequence);
  put_number(block.t);
  for (uint8_t channel = 0; channel < 2; channel += 1) {
    put_number(block.channel[channel].n);
    put_number(block.channel[channel].sum);
    put_number(block.channel[channel].squares);
  }
  end_line();
}

static void say_edge(const Edge &edge) {
  put('E');
  put_number(edge.sequence);
  put_number(edge.t);
  put_number(edge.level);
  end_line();
}

void setup() {
  Serial.begin(115200);
  pinMode(EDGE_PIN, INPUT);
  say_hello();
  attachInterrupt(digitalPinToInterrupt(EDGE_PIN), on_edge, CHANGE);
  // The supply is the reference, as it is the sensor's: their ratio is what counts. 125 kHz, at which ten bits are good.
  ADMUX = _BV(REFS0);
  DIDR0 = _BV(ADC0D) | _BV(ADC1D);
  deadline = micros() + BLOCK_US;
  ADCSRA = _BV(ADEN) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0) | _BV(ADSC);
  set_sleep_mode(SLEEP_MODE_IDLE);
}

void loop() {
  while (edge_tail != edge_head) {
    const Edge edge = edges[edge_tail];
    edge_tail = (edge_tail + 1) % EDGES;
    say_edge(edge);
  }
  if (!ready) {
    // The next conversion ends this, 0.1 ms later at most.
    sleep_mode();
    return;
  }
  const Block block = finished;
  ready = false;
  say_block(block);
  if (block.sequence % 512 == 511) say_hello();
}
