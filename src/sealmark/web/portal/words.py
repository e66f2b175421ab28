"""The words of the law that the public pages use, as tables: classes, layers, states, fields."""

from collections.abc import Mapping

from sealmark.web.design.languages import noted

# Art. 23, first paragraph: the six technologies.
TECHNOLOGIES: Mapping[int, str] = {
    1: noted("文本内容的生成或编辑"),
    2: noted("语音内容的生成或编辑"),
    3: noted("非语音声音内容的生成或编辑"),
    4: noted("图像、视频中生物特征的生成或编辑"),
    5: noted("图像、视频中非生物特征的生成或编辑"),
    6: noted("数字人物、虚拟场景的生成或编辑"),
}
# Art. 17, first paragraph: the five classes that need a conspicuous mark.
MARKING_CLASSES: Mapping[str, str] = {
    "17(1)": noted("模拟自然人的文本"),
    "17(2)": noted("合成人声、仿声"),
    "17(3)": noted("人物图像、视频"),
    "17(4)": noted("沉浸式拟真场景"),
    "17(5)": noted("其他生成或显著改变内容的服务"),
}
OPERATIONS: Mapping[str, str] = {
    "chat": noted("对话"),
    "image": noted("图像"),
    "speech": noted("语音"),
    "item": noted("提交的内容"),
    "propagation": noted("传播的内容"),
}

OUTCOMES: Mapping[str, str] = {"released": noted("已放行"), "refused": noted("已拒绝"), "broken": noted("中断")}
ROLES: Mapping[str, str] = {
    "": noted("内容"),
    "system": noted("系统"),
    "developer": noted("开发者"),
    "user": noted("使用者"),
    "assistant": noted("模型"),
    "tool": noted("工具"),
}

LAYERS: Mapping[str, tuple[str, str]] = {
    "explicit": (noted("显式标识"), noted("看得见、听得到的提示（第十七条）")),
    "metadata": (noted("文件元数据标识"), noted("写在文件里的标识（第十六条）")),
    "credential": (noted("内容凭证"), noted("C2PA 签名凭证")),
    "watermark": (noted("数字水印"), noted("藏在内容里的编号")),
    "fingerprint": (noted("内容指纹"), noted("与已放行内容的相似程度")),
}
STATES: Mapping[str, str] = {
    "found": noted("发现"),
    "none": noted("未发现"),
    "not_checked": noted("未检查"),
    "damaged": noted("无法读懂"),
}
# How sure a finding is: what it can prove, and what it cannot.
SURENESS: Mapping[tuple[str, str], str] = {
    ("metadata", "found"): noted("逐字读出。这是标识自己的说法，未经签名验证。"),
    ("metadata", "none"): noted("本格式放置标识的位置都读过了。"),
    ("metadata", "damaged"): noted("读不懂的字段只算痕迹，不算明示。"),
    ("explicit", "found"): noted("只是痕迹：谁都写得出这样的提示，不能证明出处。"),
}
# Of an item without an explicit mark: where one was looked for.
LOOKED_AT: Mapping[str, str] = {
    "text": noted("查看了文本的开头与结尾。"),
    "audio": noted("听了声音的开头与结尾。"),
    "image": noted("查看了图片的四角。"),
}
TIERS: Mapping[str, tuple[str, str]] = {
    "is": (noted("属于"), noted("属于人工智能生成合成内容")),
    "may_be": (noted("可能"), noted("可能为人工智能生成合成内容")),
    "suspected": (noted("疑似"), noted("疑似人工智能生成合成内容")),
    "none": (noted("未发现"), noted("未发现生成合成标识")),
}
# Nothing was found, but a part of the item could not be examined.
IN_PART = (noted("未查完"), noted("没有检查完整；检查过的部分未发现标识"))
LABEL_VALUES: Mapping[str, str] = {"1": TIERS["is"][0], "2": TIERS["may_be"][0], "3": TIERS["suspected"][0]}

# GB 45438 Annex E b): the seven fields.
FIELDS: Mapping[str, str] = {
    "Label": noted("生成合成标签"),
    "ContentProducer": noted("生成合成服务提供者"),
    "ProduceID": noted("内容制作编号"),
    "ReservedCode1": noted("预留字段 1"),
    "ContentPropagator": noted("内容传播服务提供者"),
    "PropagateID": noted("内容传播编号"),
    "ReservedCode2": noted("预留字段 2"),
}
