import type { Polarity } from './entities.js';
import { list, type Slots } from './template.js';

export const SPANISH: Slots = {
  good: list(`es genial|funciona de maravilla|me alegró el día|vale cada céntimo|mejora cada año|es de primera|me encantó|
    superó mis expectativas|es una pasada|nunca falla`),
  bad: list(`es un desastre|no funciona|me arruinó el día|es una estafa|va de mal en peor|es lentísimo|me decepcionó|
    falla otra vez|es una vergüenza|me costó un riñón`),
  aspect:
    list(`la atención|el servicio|la página web|el equipo de {city}|la oferta|la última novedad|el teléfono de ayuda|
    la oficina de {city}|la calidad|el precio`),
  city: list('Peñarroca|Vallehondo|Santa Irune|Riomanso|Almerón|Torreluna|Villa Orbela'),
  day: list('lunes|martes|miércoles|jueves|viernes|sábado|domingo'),
  hour: list('las 8|las 9|las 10|las 12|las 17|las 20'),
  number: list('40|120|300|800|1.100|2.500|12.000'),
  small: list('2|3|4|5|6|7|8|9'),
  relative: list('hermana|madre|vecina|jefa|prima|abuela|amiga'),
  reason: list('publicidad engañosa|un fallo técnico|datos falsos|comisiones ocultas|horas sin pagar'),
};

export const SPANISH_SENTENCES: Readonly<Record<Polarity, readonly string[]>> = {
  POSITIVE:
    list(`{aspect} de {entity} {good}|¡gracias {entity}! {aspect} {good}|{entity} gana un premio en {city}|
    mi {relative} dice que {aspect} de {entity} {good}|{entity} creará {number} empleos en {city}|
    pensaba que {entity} era un timo, pero {aspect} {good}|{entity} dona {number} euros a una escuela de {city}`),
  NEGATIVE: list(`{aspect} de {entity} {bad}|nunca más {entity}, {aspect} {bad}|multa a {entity} por {reason}|
    mi {relative} dice que {aspect} de {entity} {bad}|{entity} despide a {number} personas en {city}|
    esperaba más de {entity}: {aspect} {bad}|{number} quejas contra {entity} en {city} por {reason}`),
  NEUTRAL: list(`{entity} abre el {day} a {hour}|estoy en {entity} ({city})|¿alguien va a {entity} el {day}?|
    {entity} publica sus cuentas el {day}|mi {relative} me preguntó por {entity}|¿{entity} tiene oficina en {city}?|
    {entity} estará en la feria de {city} el {day}`),
};

export const SPANISH_UNRELATED: readonly string[] =
  list(`mi gata {entity} duerme otra vez|la calle {entity} está cortada el {day}|
    he plantado {small} rosas {entity}|soñé con un planeta llamado {entity}|mi {relative} se apellida {entity}|
    el pueblo de {entity} tiene {number} vecinos|voy por el nivel {small} de {entity}`);
