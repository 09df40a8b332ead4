package peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.NumberInput;
import java.io.IOException;

/**
 * A message of ENTRY or OK, read with Jackson's streaming parser and without making strings; one object is filled
 * again and again. The literal form <code>{"42959", "true", "false", "25.5", "30.0"}</code> becomes JSON by its
 * brackets, which are changed in the given bytes.
 */
public final class SensorMessage {
    private static final JsonFactory JSON = new JsonFactory();

    private int sensorId;
    private boolean movement;
    private boolean smoke;
    private double temperature;
    private double maxTemperature;

    public int sensorId() {
        return sensorId;
    }

    /** The types for which the reading speaks, as bits of {@link AlarmRules}; 0 for a normal one (R1). */
    public int abnormalTypes() {
        return (movement ? AlarmRules.MOTION : 0) | (smoke ? AlarmRules.SMOKE : 0) | (temperature > maxTemperature ? AlarmRules.TEMPERATURE : 0);
    }

    public void parse(byte[] value) throws IOException {
        if (isLiteral(value)) {
            value[indexOf(value, (byte) '{', 0)] = '[';
            value[lastIndexOf(value, (byte) '}')] = ']';
        }
        try (JsonParser parser = JSON.createParser(value)) {
            if (parser.nextToken() == JsonToken.START_ARRAY) {
                readArray(parser);
            } else {
                readObject(parser);
            }
        }
    }

    private void readArray(JsonParser parser) throws IOException {
        sensorId = intOf(parser, parser.nextToken());
        movement = booleanOf(parser, parser.nextToken());
        smoke = booleanOf(parser, parser.nextToken());
        temperature = doubleOf(parser, parser.nextToken());
        maxTemperature = doubleOf(parser, parser.nextToken());
        if (parser.nextToken() != JsonToken.END_ARRAY) throw new JsonParseException(parser, "expected five values");
    }

    private void readObject(JsonParser parser) throws IOException {
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            switch (name) {
                case "id" -> sensorId = intOf(parser, token);
                case "movement" -> movement = booleanOf(parser, token);
                case "smoke" -> smoke = booleanOf(parser, token);
                case "temperature" -> temperature = doubleOf(parser, token);
                case "maxTemperature" -> maxTemperature = doubleOf(parser, token);
                default -> parser.skipChildren();
            }
        }
    }

    private static int intOf(JsonParser parser, JsonToken token) throws IOException {
        if (token != JsonToken.VALUE_STRING) return parser.getIntValue();
        return NumberInput.parseInt(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
    }

    private static boolean booleanOf(JsonParser parser, JsonToken token) throws IOException {
        if (token != JsonToken.VALUE_STRING) return parser.getBooleanValue();
        return parser.getTextLength() == 4 && parser.getTextCharacters()[parser.getTextOffset()] == 't';
    }

    private static double doubleOf(JsonParser parser, JsonToken token) throws IOException {
        if (token != JsonToken.VALUE_STRING) return parser.getDoubleValue();
        return NumberInput.parseDouble(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength(), true);
    }

    /** A brace, a first value, and then no colon. */
    private static boolean isLiteral(byte[] value) {
        int at = 0;
        while (at < value.length && value[at] <= ' ') at += 1;
        if (at == value.length || value[at] != '{') return false;
        at = indexOf(value, (byte) '"', indexOf(value, (byte) '"', at) + 1) + 1;
        while (at < value.length && value[at] <= ' ') at += 1;
        return at < value.length && value[at] == ',';
    }

    private static int indexOf(byte[] value, byte wanted, int from) {
        int at = from;
        while (at < value.length && value[at] != wanted) at += 1;
        return at;
    }

    private static int lastIndexOf(byte[] value, byte wanted) {
        int at = value.length - 1;
        while (at > 0 && value[at] != wanted) at -= 1;
        return at;
    }
}
