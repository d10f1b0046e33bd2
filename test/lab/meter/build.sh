#!/bin/sh
# Builds the firmware as the Arduino IDE would, with Debian's packages, and the simulator that runs it: build.sh SKETCH.ino FOLDER
set -eu
sketch=$1
out=$2
here=$(dirname "$0")
core=/usr/share/arduino/hardware/arduino/avr
flags="-mmcu=atmega328p -DF_CPU=16000000L -DARDUINO=10819 -DARDUINO_AVR_UNO -DARDUINO_ARCH_AVR -Os -ffunction-sections -fdata-sections"
flags="$flags -I$core/cores/arduino -I$core/variants/standard"
# Debian's compiler is older than the core, which wants a constant of a later float.h.
cxx="-DDECIMAL_DIG=__DECIMAL_DIG__ -std=gnu++11 -fno-exceptions -fno-threadsafe-statics -fpermissive"
mkdir -p "$out/core"
for file in "$core"/cores/arduino/*.c; do avr-gcc $flags -w -std=gnu11 -c "$file" -o "$out/core/$(basename "$file").o"; done
for file in "$core"/cores/arduino/*.cpp; do avr-g++ $flags -w $cxx -c "$file" -o "$out/core/$(basename "$file").o"; done
for file in "$core"/cores/arduino/*.S; do avr-gcc $flags -x assembler-with-cpp -c "$file" -o "$out/core/$(basename "$file").o"; done
avr-g++ $flags $cxx -x c++ -Wall -Wextra -c "$sketch" -o "$out/sketch.o"
avr-gcc -mmcu=atmega328p -Os -Wl,--gc-sections -o "$out/firmware.elf" "$out/sketch.o" "$out"/core/*.o -lm
avr-size -C --mcu=atmega328p "$out/firmware.elf" 2>/dev/null || avr-size "$out/firmware.elf"
gcc -std=gnu11 -O2 -Wall -Werror -o "$out/uno" "$here/uno.c" -lsimavr -lelf -lutil -lm
