import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Produces with Kafka's own client: {@code java -cp 'libraries/*' ProduceFormats.java bootstrapServers topic partition readings codec…} */
public class ProduceFormats {
    public static void main(String[] args) throws Exception {
        String topic = args[1];
        int partition = Integer.parseInt(args[2]);
        int readings = Integer.parseInt(args[3]);
        for (String codec : Arrays.asList(args).subList(4, args.length)) {
            Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "compression.type", codec, "linger.ms", 50, "acks", "all");
            try (var producer = new KafkaProducer<byte[], byte[]>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
                for (int number = 0; number < readings; number++) {
                    String movement = number % 10 == 0 ? "true" : "false";
                    producer.send(new ProducerRecord<>(topic, partition, bytes("42959"), bytes("{\"" + number + "\", \"" + movement + "\", \"false\", \"25.5\", \"30.0\"}")));
                }
                producer.send(new ProducerRecord<>(topic, partition, bytes("tombstone"), null));
                producer.send(new ProducerRecord<>(topic, partition, null, new byte[0]));
                producer.send(new ProducerRecord<>(topic, partition, bytes("large"), bytes((codec + " 900 kB ").repeat(900_000).substring(0, 900_000)))).get();
            }
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
