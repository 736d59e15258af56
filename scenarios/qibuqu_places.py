"""What arises, what is needed and who takes it in the illustrative week of the start-up zone.

Every site, owner and figure is invented. ``at`` is km east and north of the street's centre; ``days`` counts from the
first day of the week. Blank cells stay blank in the scenario.
"""

# ruff: noqa: E501 (the tables are read across)

from __future__ import annotations

SUPPLIES = """
id  | name                                                   | street   | at         | material         | quantity | unit     | days | daily_max | stock_max | grade | must  | ask | priority | owner
S01 | 大桥站基坑 Daqiao metro station pit                     | 大桥     | 0.4,0.6    | spoil_silty_clay | 1600     | m3_bank  | 1-7  | 300       | 120       | 2     | true  | -6  | 2        | 轨道建设项目部(示例)
S02 | 大桥—平安区间盾构 Daqiao–Ping'an tunnel drive           | 大桥     | -2.8,1.5   | clay_wet         | 1200     | m3_bank  | 1-7  | 240       | 150       | 2     | true  | -8  | 2        | 轨道建设项目部(示例)
S03 | 崔寨站基坑 Cuizhai metro station pit                    | 崔寨     | -0.5,-1.0  | spoil_silty_clay | 1500     | m3_bank  | 1-6  |           | 150       | 2     | true  | -6  | 2        | 轨道建设项目部(示例)
S04 | 崔寨产城融合地下车库 Cuizhai mixed-use basement garage  | 崔寨     | 1.2,0.4    | spoil_silty_clay | 2200     | m3_bank  | 1-5  |           | 300       | 2     | true  | -5  | 1        | 产城建设公司(示例)
S05 | 孙耿工业园厂房基础 Sungeng works foundations            | 孙耿     | 1.5,1.0    | spoil_silty_clay | 1300     | m3_bank  | 2-6  |           | 400       | 2     | true  | -4  | 1        | 园区开发公司(示例)
S06 | 太平安置区地下室 Taiping resettlement basement          | 太平     | 0.3,-0.4   | spoil_silty_clay | 1400     | m3_bank  | 1-7  |           | 150       | 1     | true  | -4  | 1        | 安居工程部(示例)
S07 | 黄河隧道北岸工作井 river tunnel north shaft             | 大桥     | -3.6,-4.1  | earth_wet        | 1100     | m3_bank  | 1-7  | 200       | 250       | 2     | true  | -8  | 2        | 隧道工程指挥部(示例)
S08 | 大桥中学教学楼 Daqiao school building                   | 大桥     | -0.9,0.2   | spoil_silty_clay | 500      | m3_bank  | 3-5  |           | 0         | 1     | true  | -3  | 1        | 教育建设中心(示例)
S09 | 崔寨医院地下室 Cuizhai hospital basement                | 崔寨     | 0.2,1.4    | spoil_silty_clay | 1300     | m3_bank  | 1-6  |           | 150       | 1     | true  | -5  | 1        | 卫健建设中心(示例)
S10 | 先行区综合管廊 utility tunnel                           | 大桥     | 2.3,3.2    | spoil_silty_clay | 900      | m3_bank  | 1-4  |           | 100       | 2     | true  | -5  | 1        | 市政管廊公司(示例)
S11 | 新能源产业园基坑 new-energy park pit                    | 崔寨     | -3.4,2.6   | spoil_silty_clay | 1700     | m3_bank  | 1-7  |           | 200       | 1     | true  | -5  | 1        | 园区开发公司(示例)
S12 | 孙耿污水管沟 Sungeng sewer trench                       | 孙耿     | -1.3,-0.6  | spoil_silty_clay | 700      | m3_loose | 1-7  |           | 120       | 2     | true  | -3  | 1        | 水务工程部(示例)
S13 | 太平河道拓宽 Taiping river widening                     | 太平     | 2.6,-2.2   | clay_wet         | 1000     | m3_bank  | 2-7  |           | 400       | 2     | true  | -4  | 1        | 水利建设中心(示例)
S14 | 会展中心地下一层 exhibition hall basement               | 大桥     | 3.4,1.2    | spoil_silty_clay | 1900     | m3_bank  | 1-3  |           | 200       | 2     | true  | -6  | 2        | 会展建设公司(示例)
S15 | 数字经济园基坑 digital park pit                         | 孙耿     | 3.2,-2.4   | spoil_silty_clay | 900      | m3_bank  | 4-7  |           | 300       | 2     | true  | -4  | 1        | 园区开发公司(示例)
S16 | 崔寨人才公寓 Cuizhai talent flats                       | 崔寨     | -1.2,0.3   | spoil_silty_clay | 700      | m3_bank  | 1-7  |           | 200       | 1     | true  | -4  | 1        | 安居工程部(示例)
S17 | 大桥安置二区 Daqiao resettlement area 2                 | 大桥     | -1.6,-1.2  | spoil_silty_clay | 1000     | m3_bank  | 1-4  |           | 150       | 2     | true  | -4  | 1        | 安居工程部(示例)
S18 | 国道改线路基挖方 trunk road cut                         | 孙耿     | 5.6,1.8    | earth_wet        | 1800     | t        | 1-7  |           | 600       | 2     | true  | -2  | 1        | 公路建设处(示例)
S19 | 鹊山水库清挖 Queshan reservoir dredging                 | 大桥     | -4.6,-0.8  | sand_wet         | 500      | m3_bank  | 3-7  |           | 500       | 1     | true  | 4   | 1        | 水利建设中心(示例)
S20 | 孙耿物流园平整 Sungeng logistics levelling              | 孙耿     | -3.5,1.9   | spoil_silty_clay | 1100     | m3_bank  | 1-5  |           | 250       | 2     | true  | -3  | 1        | 物流园公司(示例)
S21 | 变电站基础 substation foundations                       | 太平     | -2.1,1.2   | spoil_silty_clay | 300      | m3_bank  | 2-4  |           | 100       | 2     | true  | -3  | 1        | 电力工程部(示例)
S22 | 太平调蓄池 Taiping storm-water tank                     | 太平     | 1.1,0.9    | spoil_silty_clay | 800      | m3_bank  | 5-7  |           | 200       | 2     | true  | -4  | 1        | 水务工程部(示例)
S23 | 原加油站地块 former petrol station                      | 大桥     | 0.9,-0.5   | spoil_silty_clay | 700      | t        | 1-5  |           | 60        | x     | true  | -40 | 3        | 土地储备中心(示例)
S24 | 旧电镀作坊地块 old plating shop                         | 孙耿     | 0.3,-1.1   | spoil_silty_clay | 350      | t        | 2-6  |           | 60        | x     | true  | -45 | 3        | 土地储备中心(示例)
S25 | 崔寨片区表土剥离 Cuizhai topsoil strip                  | 崔寨     | 2.6,1.9    | topsoil          | 600      | m3_bank  | 1-5  |           | 500       | 1     | true  | 6   | 1        | 产城建设公司(示例)
S26 | 孙耿地块表土剥离 Sungeng topsoil strip                  | 孙耿     | 2.4,2.2    | topsoil          | 500      | m3_bank  | 1-4  |           | 300       | 1     | true  | 6   | 1        | 园区开发公司(示例)
S27 | 太平道路表土剥离 Taiping road topsoil strip             | 太平     | -1.4,-1.8  | topsoil          | 400      | m3_bank  | 2-6  |           | 300       | 2     | true  | 5   | 1        | 公路建设处(示例)
S28 | 大桥公园表土剥离 Daqiao park topsoil strip              | 大桥     | 1.9,-1.7   | topsoil          | 450      | m3_loose | 1-7  |           | 300       | 1     | true  | 6   | 1        | 园林绿化中心(示例)
S29 | 产业园二期表土 park phase 2 topsoil                     | 崔寨     | -4.2,1.6   | topsoil          | 350      | m3_bank  | 3-7  |           | 300       | 1     | true  | 6   | 1        | 园区开发公司(示例)
S30 | 变电走廊表土 power corridor topsoil                     | 孙耿     | -4.4,-2.8  | topsoil          | 300      | m3_bank  | 1-3  |           | 100       | 2     | true  | 4   | 1        | 电力工程部(示例)
S31 | 苗圃用地表土 nursery topsoil                            | 太平     | 3.2,2.4    | topsoil          | 250      | m3_bank  | 4-7  |           | 200       | 1     | true  | 6   | 1        | 园林绿化中心(示例)
S32 | 大寺河清淤 Dasi river dredging                          | 崔寨     | 3.6,-1.5   | silt_dredged     | 500      | m3_bank  | 3-7  |           | 300       | 2     | true  | -10 | 1        | 水利建设中心(示例)
S33 | 牧马河清淤 Muma river dredging                          | 孙耿     | -0.8,3.1   | silt_dredged     | 450      | m3_bank  | 2-7  |           | 300       | 1     | true  | -10 | 1        | 水利建设中心(示例)
S34 | 太平排沟清淤 Taiping ditch dredging                     | 太平     | -3.1,-0.6  | silt_dredged     | 400      | m3_bank  | 3-6  |           | 200       | 1     | true  | -10 | 1        | 水务工程部(示例)
S35 | 大桥坑塘清淤 Daqiao pond dredging                       | 大桥     | -2.2,2.6   | silt_dredged     | 350      | m3_bank  | 3-7  |           | 250       | 2     | true  | -9  | 1        | 水务工程部(示例)
S36 | 泵站前池清淤 pumping station forebay                    | 大桥     | 4.8,-1.9   | silt_dredged     | 330      | m3_bank  | 1-1  |           | 0         | 2     | true  | -12 | 2        | 水务工程部(示例)
S37 | 崔寨站地下墙泥浆 Cuizhai diaphragm wall slurry          | 崔寨     | -0.7,-1.2  | slurry           | 900      | t        | 1-6  |           | 200       | 2     | true  | -30 | 2        | 轨道建设项目部(示例)
S38 | 盾构泥浆 slurry-shield spoil                            | 大桥     | -3.4,-3.9  | slurry           | 800      | m3_bank  | 1-7  | 150       | 100       | 2     | true  | -32 | 2        | 隧道工程指挥部(示例)
S39 | 会展中心桩基泥浆 exhibition hall piling slurry          | 大桥     | 3.5,1.0    | slurry           | 600      | t        | 1-5  |           | 120       | 2     | true  | -30 | 1        | 会展建设公司(示例)
S40 | 凤凰枢纽桩基泥浆 interchange piling slurry              | 崔寨     | -3.0,-4.6  | slurry           | 650      | t        | 2-7  |           | 150       | 2     | true  | -30 | 1        | 公路建设处(示例)
S41 | 孙耿厂房桩基泥浆 Sungeng piling slurry                  | 孙耿     | 1.7,0.8    | slurry           | 500      | t        | 1-4  |           | 100       | 2     | true  | -28 | 1        | 园区开发公司(示例)
S42 | 旧厂区拆除(混凝土) old works demolition, concrete       | 孙耿     | -0.6,-2.0  | concrete_rubble  | 1400     | t        | 1-5  |           | 500       | 2     | true  | -12 | 1        | 征迁办公室(示例)
S43 | 旧桥拆除 old bridge demolition                          | 大桥     | -0.4,-3.4  | concrete_rubble  | 1100     | t        | 2-4  |           | 200       | 2     | true  | -12 | 1        | 公路建设处(示例)
S44 | 崔寨老粮库拆除 Cuizhai granary demolition               | 崔寨     | 0.9,-0.8   | concrete_rubble  | 900      | t        | 1-7  |           | 400       | 2     | true  | -12 | 1        | 征迁办公室(示例)
S45 | 路面破除 pavement breaking                              | 太平     | 0.6,1.5    | concrete_rubble  | 800      | t        | 3-7  |           | 300       | 2     | true  | -10 | 1        | 公路建设处(示例)
S46 | 供热站拆除 heating plant demolition                     | 大桥     | 1.2,0.9    | concrete_rubble  | 700      | t        | 1-3  |           | 150       | 2     | true  | -12 | 1        | 征迁办公室(示例)
S47 | 支撑梁拆除 strut removal                                | 崔寨     | -0.3,-0.7  | concrete_rubble  | 600      | t        | 4-7  |           | 300       | 2     | true  | -12 | 1        | 轨道建设项目部(示例)
S48 | 前街村拆迁 Qianjie village demolition                   | 大桥     | -1.9,0.9   | mixed_rubble     | 900      | t        | 1-6  |           | 400       | 2     | true  | -15 | 1        | 征迁办公室(示例)
S49 | 东魏村拆迁 Dongwei village demolition                   | 崔寨     | 2.2,-2.3   | mixed_rubble     | 700      | t        | 2-7  |           | 300       | 2     | true  | -15 | 1        | 征迁办公室(示例)
S50 | 西刘村拆迁 Xiliu village demolition                     | 孙耿     | -2.6,-1.2  | mixed_rubble     | 600      | t        | 1-4  |           | 200       | 2     | true  | -15 | 1        | 征迁办公室(示例)
S51 | 太平老校舍拆除 Taiping old school demolition            | 太平     | -0.5,0.3   | mixed_rubble     | 400      | t        | 3-5  |           | 150       | 2     | true  | -15 | 1        | 教育建设中心(示例)
S52 | 大桥小区装修 Daqiao flats fit-out                       | 大桥     | -0.3,-0.8  | fitout_waste     | 320      | t        | 1-7  |           | 60        | 2     | true  | -35 | 1        | 大桥街道(示例)
S53 | 崔寨小区装修 Cuizhai flats fit-out                      | 崔寨     | 0.5,0.2    | fitout_waste     | 260      | t        | 1-7  |           | 60        | 2     | true  | -35 | 1        | 崔寨街道(示例)
S54 | 孙耿安置房装修 Sungeng flats fit-out                    | 孙耿     | 0.4,0.5    | fitout_waste     | 300      | m3_loose | 1-5  |           | 60        | 2     | true  | -35 | 1        | 孙耿街道(示例)
S55 | 太平安置房装修 Taiping flats fit-out                    | 太平     | 0.2,0.4    | fitout_waste     | 240      | t        | 1-6  |           | 60        | 2     | true  | -35 | 1        | 太平街道(示例)
S56 | 商业街装修 shopping street fit-out                      | 大桥     | 0.6,-0.2   | fitout_waste     | 180      | t        | 2-4  |           | 0         | 2     | true  | -35 | 2        | 大桥街道(示例)
S57 | 存量堆土一号 legacy heap 1                              | 大桥     | 3.9,-1.2   | legacy_heap      | 1500     | t        | 1-7  | 400       |           | 2     | true  | 0   | 1        | 城管执法局台账(示例)
S58 | 存量堆土二号 legacy heap 2                              | 孙耿     | -4.8,0.9   | legacy_heap      | 1200     | t        | 1-7  | 400       |           | 2     | true  | 0   | 1        | 城管执法局台账(示例)
S59 | 存量堆土三号 legacy heap 3                              | 崔寨     | 3.9,2.6    | legacy_heap      | 900      | t        | 3-7  | 400       |           | 2     | true  | 0   | 1        | 城管执法局台账(示例)
S60 | 存量堆土四号(可缓) legacy heap 4, may wait              | 太平     | -3.8,2.2   | legacy_heap      | 600      | t        | 1-7  | 200       |           | 2     | false | 0   | 1        | 城管执法局台账(示例)
"""

# supply, day, quantity in the supply's own unit
RELEASES = """
id  | day | quantity
S14 | 1   | 900
S14 | 2   | 700
S14 | 3   | 300
S43 | 2   | 600
S43 | 4   | 500
S32 | 3   | 200
S32 | 5   | 300
"""

DEMANDS = """
id  | name                                                   | street   | at         | accepts                                  | quantity | unit         | required | days | daily_max | grade | bid | priority | owner
D01 | 起步区安置三区抬高 raising resettlement area 3          | 大桥     | 2.1,2.4    | spoil_silty_clay;earth_wet               | 1900     | m3_compacted | 600      | 3-7  | 500       | 2     | 4   | 2        | 安居工程部(示例)
D02 | 大桥北路路基 Daqiao north road embankment               | 大桥     | 0.2,4.4    | spoil_silty_clay;clay_wet;earth_wet      | 2600     | m3_compacted | 1000     | 2-7  | 600       | 2     | 5   | 2        | 公路建设处(示例)
D03 | 崔寨中央公园地形 Cuizhai park landform                  | 崔寨     | 1.9,2.9    | spoil_silty_clay;topsoil                 | 1500     | m3_loose     |          | 3-7  | 500       | 1     | 6   | 1        | 园林绿化中心(示例)
D04 | 新能源产业园二期垫高 new-energy park phase 2 fill       | 崔寨     | -4.0,3.7   | spoil_silty_clay;clay_wet                | 2800     | m3_compacted | 800      | 3-7  | 600       | 2     | 4   | 2        | 园区开发公司(示例)
D05 | 孙耿物流园回填 Sungeng logistics fill                   | 孙耿     | -2.9,3.3   | spoil_silty_clay;legacy_heap             | 1300     | m3_compacted |          | 3-6  | 400       | 2     | 3   | 1        | 物流园公司(示例)
D06 | 太平产业园场平 Taiping park levelling                   | 太平     | 1.8,-1.1   | spoil_silty_clay;clay_wet;legacy_heap    | 1500     | m3_compacted | 500      | 1-7  | 400       | 2     | 3   | 1        | 园区开发公司(示例)
D07 | 黄河大道辅路路基 Yellow River avenue embankment         | 大桥     | 4.6,0.7    | spoil_silty_clay;earth_wet;clay_wet      | 1450     | m3_compacted |          | 4-7  | 500       | 2     | 5   | 1        | 公路建设处(示例)
D08 | 崔寨小学运动场 Cuizhai school ground                    | 崔寨     | -0.9,1.8   | spoil_silty_clay                         | 500      | m3_compacted | 400      | 3-6  | 200       | 1     | 8   | 3        | 教育建设中心(示例)
D09 | 沿黄防洪堤加固 dyke strengthening                       | 大桥     | -2.5,-3.0  | clay_wet;spoil_silty_clay                | 1150     | m3_compacted | 400      | 3-7  | 350       | 2     | 4   | 2        | 黄河管护处(示例)
D10 | 会展北路填方 exhibition north road fill                 | 大桥     | 4.2,2.8    | spoil_silty_clay                         | 700      | m3_compacted |          | 5-7  | 400       | 2     | 4   | 1        | 市政公司(示例)
D11 | 孙耿变电站场地 Sungeng substation pad                   | 孙耿     | 3.9,-0.9   | spoil_silty_clay;earth_wet               | 700      | m3_compacted |          | 1-4  | 250       | 2     | 5   | 1        | 电力工程部(示例)
D12 | 凤凰枢纽匝道填方 interchange ramp fill                  | 崔寨     | -3.6,-3.9  | spoil_silty_clay;earth_wet;sand_wet      | 800      | m3_compacted |          | 3-7  | 450       | 2     | 5   | 1        | 公路建设处(示例)
D13 | 太平安置区房心回填 Taiping under-floor fill             | 太平     | 0.8,-0.2   | spoil_silty_clay                         | 450      | m3_compacted | 200      | 4-7  | 200       | 1     | 6   | 1        | 安居工程部(示例)
D14 | 崔寨医院周边抬高 Cuizhai hospital surrounds             | 崔寨     | 0.8,1.9    | spoil_silty_clay                         | 800      | m3_compacted |          | 3-7  | 250       | 1     | 6   | 1        | 卫健建设中心(示例)
D15 | 大桥滨河绿带地形 Daqiao riverside landform              | 大桥     | 1.3,-2.6   | spoil_silty_clay;cake;topsoil            | 1400     | t            |          | 2-7  | 400       | 2     | 4   | 1        | 园林绿化中心(示例)
D16 | 孙耿隔离林带微地形 Sungeng shelter belt landform        | 孙耿     | 4.8,2.9    | spoil_silty_clay;cake;silt_dredged       | 1600     | t            |          | 2-7  | 400       | 2     | 3   | 1        | 园林绿化中心(示例)
D17 | 太平郊野公园地形 Taiping country park landform          | 太平     | 3.9,1.0    | spoil_silty_clay;clay_wet;cake           | 2000     | m3_loose     |          | 3-7  | 600       | 2     | 4   | 1        | 园林绿化中心(示例)
D18 | 崔寨隔音土堤 Cuizhai noise bund                         | 崔寨     | -2.4,-1.9  | spoil_silty_clay;legacy_heap;cake        | 1500     | t            |          | 2-7  | 300       | 2     | 2   | 1        | 公路建设处(示例)
D19 | 大桥中学绿地 Daqiao school green                        | 大桥     | -1.1,0.5   | spoil_silty_clay;topsoil                 | 350      | m3_loose     | 200      | 4-7  |           | 1     | 8   | 2        | 教育建设中心(示例)
D20 | 前街坑塘回填 Qianjie pond filling                       | 大桥     | -3.1,1.9   | legacy_heap;silt_dredged;spoil_silty_clay | 1500    | t            | 600      | 2-7  | 400       | 2     | 2   | 1        | 大桥街道(示例)
D21 | 东魏坑塘回填 Dongwei pond filling                       | 崔寨     | 3.2,-2.7   | silt_dredged;legacy_heap;clay_wet        | 1300     | t            |          | 3-7  | 350       | 2     | 2   | 1        | 崔寨街道(示例)
D22 | 西刘坑塘回填 Xiliu pond filling                         | 孙耿     | -3.3,-1.9  | legacy_heap;silt_dredged;cake            | 1400     | t            |          | 2-6  | 400       | 2     | 2   | 1        | 孙耿街道(示例)
D23 | 太平废窑坑治理 Taiping brick pit                        | 太平     | -3.0,-2.6  | clay_wet;cake;legacy_heap                | 500      | t            |          | 3-7  | 450       | 2     | 2   | 1        | 太平街道(示例)
D24 | 鹊山采空区治理 Queshan borrow pit                       | 大桥     | -5.2,-1.6  | earth_wet;sand_wet;spoil_silty_clay      | 1300     | t            |          | 3-7  | 400       | 2     | 2   | 1        | 自然资源局(示例)
D25 | 中央公园种植土 park planting soil                       | 崔寨     | 2.1,3.1    | topsoil                                  | 800      | m3_loose     | 400      | 3-7  | 300       | 1     | 18  | 2        | 园林绿化中心(示例)
D26 | 黄河生态带种植 riverside planting                       | 大桥     | 0.4,-3.9   | topsoil;silt_dredged                     | 700      | m3_loose     |          | 2-7  | 250       | 2     | 15  | 1        | 园林绿化中心(示例)
D27 | 孙耿蔬菜大棚 Sungeng vegetable houses                   | 孙耿     | -1.9,4.2   | silt_dredged;topsoil                     | 650      | m3_loose     |          | 3-7  | 250       | 1     | 12  | 1        | 农业合作社(示例)
D28 | 太平苗圃 Taiping nursery                                | 太平     | 3.5,2.9    | topsoil;silt_dredged                     | 600      | m3_loose     |          | 3-7  | 200       | 1     | 14  | 1        | 园林绿化中心(示例)
D29 | 道路行道树 street trees                                 | 大桥     | 0.7,1.8    | topsoil                                  | 350      | m3_loose     | 150      | 1-7  | 80        | 2     | 20  | 1        | 市政公司(示例)
D30 | 高标准农田覆土 farmland cover                           | 孙耿     | 6.2,3.6    | topsoil;silt_dredged                     | 800      | m3_loose     |          | 4-7  | 300       | 1     | 10  | 1        | 农业合作社(示例)
D31 | 大桥北路底基层 Daqiao north road sub-base               | 大桥     | 0.3,4.1    | recycled_aggregate;quarry_gravel         | 1500     | t            | 1000     | 2-7  | 350       | 2     | 32  | 2        | 公路建设处(示例)
D32 | 凤凰枢纽基层 interchange base course                    | 崔寨     | -3.2,-3.6  | recycled_aggregate;quarry_gravel         | 1200     | t            | 700      | 3-7  | 350       | 2     | 34  | 2        | 公路建设处(示例)
D33 | 物流园堆场基层 logistics yard base                      | 孙耿     | -3.7,2.3   | recycled_aggregate                       | 1300     | t            |          | 1-7  | 300       | 2     | 28  | 1        | 物流园公司(示例)
D34 | 产业园道路基层 park road base                           | 崔寨     | -3.8,3.0   | recycled_aggregate;quarry_gravel         | 1000     | t            |          | 2-7  | 300       | 2     | 30  | 1        | 园区开发公司(示例)
D35 | 海绵城市透水铺装 permeable paving                       | 大桥     | 1.7,0.3    | recycled_aggregate                       | 600      | t            |          | 1-7  | 120       | 2     | 35  | 1        | 市政公司(示例)
D36 | 崔寨公共停车场 Cuizhai car park                         | 崔寨     | 1.4,-0.3   | recycled_aggregate                       | 700      | t            |          | 3-7  | 200       | 2     | 30  | 1        | 市政公司(示例)
D37 | 村内道路硬化 village road paving                        | 太平     | -2.4,2.0   | recycled_aggregate;recycled_fines        | 600      | t            |          | 1-7  | 150       | 2     | 26  | 1        | 太平街道(示例)
D38 | 孙耿管廊垫层 Sungeng utility bedding                    | 孙耿     | 0.9,-0.4   | recycled_fines;sand_wet                  | 700      | t            |          | 1-7  | 180       | 2     | 27  | 1        | 市政管廊公司(示例)
D39 | 临时施工便道 haul road                                  | 大桥     | 2.7,3.6    | recycled_aggregate                       | 500      | t            |          | 1-4  | 200       | 2     | 24  | 1        | 市政公司(示例)
D40 | 太平公园园路 Taiping park paths                         | 太平     | 3.6,0.6    | recycled_aggregate;recycled_fines        | 450      | t            |          | 4-7  | 150       | 2     | 28  | 1        | 园林绿化中心(示例)
"""

MIXES = """
id  | material           | min_share | max_share
D31 | recycled_aggregate |           | 0.8
D32 | recycled_aggregate | 0.3       | 0.9
D20 | silt_dredged       |           | 0.4
D15 | cake               |           | 0.5
"""

# Streets named 黄河南岸 lie across the river.
FACILITIES = """
id  | name                                                   | kind      | street   | at         | accepts                                                       | daily_in | daily_out | storage | fee | status    | opening_cost | hold_cost | end_cost | end_stock_max | grade | longest_stay
Y01 | 大桥北转运调配场 Daqiao north transfer yard             | yard      | 大桥     | 1.6,3.9    | spoil_silty_clay;earth_wet;clay_wet;sand_wet                  | 1600     | 1800      | 5500    | 6   | open      |              | 0.3       | 14       | 350           |       |
Y02 | 崔寨转运调配场 Cuizhai transfer yard                    | yard      | 崔寨     | -1.5,2.3   | spoil_silty_clay;clay_wet;topsoil                             | 1500     | 1700      | 5000    | 6   | open      |              | 0.3       | 14       | 350           |       |
Y03 | 孙耿转运调配场 Sungeng transfer yard                    | yard      | 孙耿     | -2.0,-0.4  | spoil_silty_clay;topsoil;earth_wet;recycled_aggregate;cake    | 1000     | 1200      | 3000    | 5   | open      |              | 0.3       | 14       | 200           |       | 5
Y04 | 太平转运调配场(候选) Taiping transfer yard (candidate)  | yard      | 太平     | 1.4,-1.6   | spoil_silty_clay;clay_wet;topsoil;silt_dredged                | 1200     | 1400      | 4000    | 5   | candidate | 180000       | 0.3       | 14       | 300           |       |
P01 | 崔寨建筑垃圾资源化厂 Cuizhai recycling plant            | recycling | 崔寨     | 4.2,0.7    | concrete_rubble;mixed_rubble                                  | 1000     |           | 1600    | 12  | open      |              | 0.2       | 8        | 200           |       |
P02 | 南岸资源化厂 south bank recycling plant                 | recycling | 黄河南岸 | 1.1,-0.6   | concrete_rubble;mixed_rubble;fitout_waste                     | 700      |           | 900     | 15  | open      |              | 0.2       | 8        | 150           |       |
P03 | 大桥装修垃圾分拣线 Daqiao fit-out sorting line          | recycling | 大桥     | 2.8,-0.3   | fitout_waste                                                  | 90       |           | 60      | 20  | open      |              | 0.2       | 8        | 20            |       |
P04 | 大桥泥浆脱水站 Daqiao slurry press                      | recycling | 大桥     | -3.3,-1.5  | slurry                                                        | 750      |           | 500     | 10  | open      |              | 0.2       | 8        | 60            |       |
T01 | 南岸污染土处理中心 south bank soil treatment            | treatment | 黄河南岸 | -1.6,0.4   | spoil_silty_clay                                              | 120      |           |         | 90  | open      |              |           |          |               | x     |
L01 | 孙耿消纳场 Sungeng placement yard                       | disposal  | 孙耿     | 2.5,4.6    | spoil_silty_clay;clay_wet;earth_wet;legacy_heap;cake          | 500      |           | 2500    | 22  | open      |              |           |          |               |       |
E01 | 南岸焚烧厂协同处置 south bank incinerator               | disposal  | 黄河南岸 | 3.4,0.9    | residue                                                       | 160      |           | 900     | 80  | open      |              |           |          |               |       |
O01 | 济阳方向区外消纳 off-site towards Jiyang                | offsite   | 崔寨     | 7.2,8.6    | spoil_silty_clay;clay_wet;earth_wet;silt_dredged;legacy_heap;cake;concrete_rubble;mixed_rubble;topsoil;sand_wet | 3000 | |       | 45  | open      |              |           |          |               |       |
O02 | 南部区外处置 off-site, south                            | offsite   | 黄河南岸 | 12.4,1.6   | fitout_waste;slurry;residue;spoil_silty_clay;silt_dredged     | 800      |           |         | 70  | open      |              |           |          |               |       |
Q01 | 南部山区采石场 southern quarry                          | quarry    | 黄河南岸 | 8.8,-1.9   | quarry_gravel                                                 |          | 800       |         | 58  | open      |              |           |          |               |       |
"""

RECIPES = """
id  | input            | output             | yield | daily_max | cost | grade_in | grade_out
P01 | concrete_rubble  | recycled_aggregate | 0.72  | 700       | 26   |          |
P01 | concrete_rubble  | recycled_fines     | 0.16  | 700       | 26   |          |
P01 | concrete_rubble  | residue            | 0.04  | 700       | 26   |          |
P01 | mixed_rubble     | recycled_aggregate | 0.66  | 300       | 32   |          |
P01 | mixed_rubble     | recycled_fines     | 0.16  | 300       | 32   |          |
P01 | mixed_rubble     | residue            | 0.09  | 300       | 32   |          |
P02 | concrete_rubble  | recycled_aggregate | 0.87  | 400       | 24   |          |
P02 | concrete_rubble  | residue            | 0.05  | 400       | 24   |          |
P02 | mixed_rubble     | recycled_aggregate | 0.80  | 200       | 29   |          |
P02 | mixed_rubble     | residue            | 0.10  | 200       | 29   |          |
P02 | fitout_waste     | recycled_aggregate | 0.62  | 70        | 55   |          |
P02 | fitout_waste     | residue            | 0.24  | 70        | 55   |          |
P03 | fitout_waste     | recycled_aggregate | 0.58  | 80        | 48   |          |
P03 | fitout_waste     | residue            | 0.27  | 80        | 48   |          |
P04 | slurry           | cake               | 0.45  | 620       | 24   |          |
T01 | spoil_silty_clay | spoil_silty_clay   | 0.96  | 60        | 150  | x        | 2
"""

STOCKS = """
id  | material           | grade | quantity | unit
Y01 | spoil_silty_clay   | 2     | 700      | t
Y02 | topsoil            | 1     | 260      | t
Y03 | recycled_aggregate | 2     | 180      | t
P01 | concrete_rubble    | 2     | 240      | t
"""

# facility, days, daily_in, daily_out: maintenance of the south bank plant, a market day on the Sungeng road
CALENDAR = """
id  | days | daily_in | daily_out
P02 | 4-4  | 0        | 0
Y03 | 7-7  | 400      | 600
"""

TRUCKS = """
id  | count | depot                          | lon    | lat   | payload | body | shift_from | shift_to | cost_per_km | cost_per_hour | co2_per_km_loaded | co2_per_km_empty | carrier          | vehicle | emission | carries
T4A | 60    | 大桥停车场 Daqiao depot         | 117.04 | 36.81 | 16      | 18   | 06:00      | 18:00    | 4.6         | 62            | 1.11              | 0.73             | 大桥运输(示例)   | 4-axle  | 6        |
T4B | 45    | 崔寨停车场 Cuizhai depot        | 117.12 | 36.85 | 16      | 18   | 06:00      | 18:00    | 4.6         | 62            | 1.11              | 0.73             | 崔寨运输(示例)   | 4-axle  | 6        |
T3A | 25    | 孙耿停车场 Sungeng depot        | 117.03 | 36.91 | 12      | 12   | 07:00      | 19:00    | 3.9         | 58            | 0.94              | 0.62             | 孙耿车队(示例)   | 3-axle  | 5        |
TNK | 18    | 大桥停车场 Daqiao depot         | 117.04 | 36.81 | 15      | 13   | 06:00      | 18:00    | 5.2         | 66            | 1.15              | 0.76             | 泥浆专运(示例)   | tanker  | 6        | slurry
"""

# weighbridges, tipping places and loaders; a place that is not named serves at any hour and has no queue
GATES = """
id  | what | opens | closes | bays | minutes | wash | per_hour
Y01 | tip  | 06:00 | 20:00  | 4    | 3       | 4    | 60
Y01 | load | 06:00 | 20:00  | 3    | 5       |      |
Y02 | tip  | 06:00 | 20:00  | 4    | 3       | 4    | 60
Y02 | load | 06:00 | 20:00  | 3    | 5       |      |
Y03 | tip  | 06:30 | 19:30  | 3    | 3       | 4    |
Y03 | load | 06:30 | 19:30  | 2    | 5       |      |
P01 | tip  | 07:00 | 12:00  | 3    | 4       | 4    |
P01 | tip  | 13:00 | 18:00  | 3    | 4       | 4    |
P01 | load | 07:00 | 18:00  | 2    | 5       |      |
P02 | tip  | 07:00 | 18:00  | 2    | 4       | 5    |
P02 | load | 07:00 | 18:00  | 2    | 5       |      |
P04 | tip  | 06:00 | 18:00  | 2    | 8       | 3    |
L01 | tip  | 06:00 | 20:00  | 3    | 3       | 4    | 40
O01 | tip  | 06:00 | 20:00  | 4    | 3       | 4    |
"""

# no 3-axle trucks of stage 5 and older in Daqiao during the morning rush
BANS = """
vehicle | emission | street | hour_from | hour_to
3-axle  | 5        | 大桥   | 07:30     | 08:30
"""
