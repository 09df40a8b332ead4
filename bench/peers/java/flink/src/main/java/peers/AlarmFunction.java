package peers;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** The rules per sensor. Records wait for the watermark, so that ENTRY and OK are taken in the log's order (P7). */
final class AlarmFunction extends KeyedProcessFunction<Integer, SourceRecord, Tuple2<byte[], byte[]>> {
    private static final long serialVersionUID = 1;

    private transient ValueState<Integer> state;
    private transient ListState<SourceRecord> waiting;
    private transient List<SourceRecord> due;

    @Override
    public void open(OpenContext context) {
        state = getRuntimeContext().getState(new ValueStateDescriptor<>("state", Types.INT));
        waiting = getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", SourceRecord.class));
        due = new ArrayList<>();
    }

    @Override
    public void processElement(SourceRecord record, Context context, Collector<Tuple2<byte[], byte[]>> out) throws Exception {
        waiting.add(record.copy()); // the element is used again
        context.timerService().registerEventTimeTimer(record.at);
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Tuple2<byte[], byte[]>> out) throws Exception {
        due.clear();
        List<SourceRecord> later = null;
        for (SourceRecord record : waiting.get()) {
            if (record.at <= time) {
                due.add(record);
            } else {
                if (later == null) later = new ArrayList<>();
                later.add(record);
            }
        }
        if (due.isEmpty()) return;
        if (later == null) waiting.clear();
        else waiting.update(later);
        if (due.size() > 1) due.sort(SourceRecord::compareTo);
        apply(out);
    }

    private void apply(Collector<Tuple2<byte[], byte[]>> out) throws Exception {
        Integer stored = state.value();
        int before = stored == null ? AlarmRules.AFTER_OK : stored;
        int now = before;
        for (SourceRecord record : due) {
            int next = record.isOk() ? AlarmRules.AFTER_OK : AlarmRules.afterReading(now, record.abnormalTypes());
            for (int opened = AlarmRules.opened(now, next); opened != 0; opened &= opened - 1) {
                int type = Integer.lowestOneBit(opened);
                out.collect(Tuple2.of(Alarm.key(record.sensorId), Alarm.value(record.sensorId, type, record.partition, record.offset, record.at)));
            }
            now = next;
        }
        if (now == before) return;
        if (now == AlarmRules.AFTER_OK) state.clear();
        else state.update(now);
    }
}
