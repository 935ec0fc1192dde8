"""The kinds that everything else rests on: each is compared with PyTorch and has rows of every sort."""

NAMES = """
    dense embedding conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d depthwise_conv1d
    depthwise_conv2d depthwise_conv3d max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
    adaptive_max_pool3d global_avg_pool1d global_avg_pool2d global_avg_pool3d global_max_pool1d global_max_pool2d
    global_max_pool3d batch_norm layer_norm rms_norm group_norm relu relu6 leaky_relu prelu elu selu gelu quick_gelu
    silu sigmoid hard_sigmoid hard_swish tanh softplus softmax log_softmax glu activation identity dropout lstm gru rnn
    attention multi_head_attention rotary learned_positions relative_bias topk_softmax parameter scale arange flatten
    reshape transpose squeeze expand_dims slice select split pad broadcast_to take upsample pixel_shuffle
    channel_shuffle window_partition window_merge roll add sub mul div maximum minimum average concat stack matmul
    einsum mean sum max min scale_by
"""

CORE = frozenset(NAMES.split())
