/**
 * A file of its own, imported where a port is opened: compiled code, which must not matter to who has no meter. The bundled command line
 * can only put off files of ours; of a package it would warn that Node's loader is experimental.
 */
export { SerialPort } from 'serialport';
