package peers;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** What ENTRY and OK hold at the start. The producer of the benchmark uses no transactions, so an offset is a record. */
final class Backlog {
    private static final int PARTITIONS = 2;
    private static final long LOOK_EVERY_MS = 20;

    private final Admin admin;
    private final Map<TopicPartition, Long> ends;

    Backlog(Admin admin) throws ExecutionException, InterruptedException {
        this.admin = admin;
        Map<TopicPartition, OffsetSpec> wanted = Stream.of("ENTRY", "OK")
            .flatMap(topic -> Stream.iterate(0, partition -> partition < PARTITIONS, partition -> partition + 1).map(partition -> new TopicPartition(topic, partition)))
            .collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
        ends = admin.listOffsets(wanted).all().get().entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, end -> end.getValue().offset()));
    }

    long recordsOf(String topic, int partition) {
        return ends.get(new TopicPartition(topic, partition));
    }

    /** Returns when the group has committed all of it; its alarms are on their topic then. */
    void waitUntilCommitted(String group) throws ExecutionException, InterruptedException {
        while (!isCommitted(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get())) Thread.sleep(LOOK_EVERY_MS);
    }

    private boolean isCommitted(Map<TopicPartition, OffsetAndMetadata> committed) {
        return ends.entrySet().stream().allMatch(end -> end.getValue() == 0 || (committed.get(end.getKey()) != null && committed.get(end.getKey()).offset() >= end.getValue()));
    }
}
